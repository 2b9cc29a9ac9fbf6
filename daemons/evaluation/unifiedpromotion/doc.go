// Package unifiedpromotion is UNIFIED_PROMOTION: it guards production. It alone moves the pointer production: forward, to
// a canonical model that has proven better, and back, from a model that got worse, which it puts into quarantine.
//
//	declare.go   the registry's row and the settings
//	daemon.go    one sweep over all configurations
//	evidence.go  what is known about the models in office, from the ledger; standing.go: about one of them
//	decision.go  decisions as they are kept, each under a key that follows from what it was taken from
//	carryout.go  the pointers, the quarantine, and the events of a decision
//	health.go    configurations that need a look
//
// What is decided says package promotion (Guard), a pure function: a decision keeps its evidence, its policy and every
// gate, and can be replayed for ever. It is kept before the pointer moves, the pointer moves before the model is in
// quarantine, and all of that is done before anybody hears of it. Each may be repeated: the newest decision of a
// configuration that moves something is carried out again by each new copy, without a trace.
//
// Checks of the model in production are the tournaments in which it has met the model before it. Whoever goes back takes
// the canonical pointer along if it is at the same model: the next candidate learns from the model that was restored.
package unifiedpromotion
