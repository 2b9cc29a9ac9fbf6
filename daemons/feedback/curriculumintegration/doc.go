// Package curriculumintegration is CURRICULUM_INTEGRATION: it owns the weight that says how much attention each
// configuration gets beside the others.
//
//	declare.go     the registry's row and the settings
//	integration.go one round: what all configurations have shown, and the weights that follow
//	health.go      a weight that is at its bound for a day is worth a look
//
// Weights are those of package feedback: one row of the ledger for all of them, so that a version is whole or not there.
// SELFPLAY_COORDINATOR multiplies its scores by them.
package curriculumintegration
