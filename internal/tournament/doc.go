// Package tournament is what TOURNAMENT_DAEMON wants played, and what came of it, as the ledger keeps it.
//
//	plan.go    Plan: one tournament that is to be played, with its job
//	result.go  Result: what came of one; scores of one player against another over several
//	store.go   both in the ledger
//
// TOURNAMENT_DAEMON alone makes plans and results. QUEUE_POPULATOR puts the jobs of open plans into the queue,
// UNIFIED_PROMOTION reads results. A configuration has one open plan at most: the newest, until it has a result.
package tournament
