// Package datapipeline is DATA_PIPELINE: it knows in which stage of its training loop each configuration is, and makes
// sure that the next one begins. The decisions are those of the workflow pipeline/<config>, one a configuration; this
// daemon keeps them running and brings them what the ledger says.
//
//	declare.go    the registry's row and the settings
//	pipeline.go   one round: look at each configuration, tell its workflow what is new
//	syncing.go    SYNCING: whether the games of a cut can be had
//	handout.go    DISTRIBUTING: whether a promoted model has got around
//	quality.go    the nodes are asked for the quality of their games before an iteration is trained on
//	health.go     how far each configuration is, and who stands still
package datapipeline
