// Package evaluation is EVALUATION: it measures how strong each new candidate is, with enough games to trust the
// answer. It carries out the orders of the stage EVALUATING.
//
//	declare.go    the registry's row
//	settings.go   Settings: against whom, how many games, played how
//	plan.go       one evaluation: it follows from the request of its job alone, and so does its id
//	evaluating.go the job, and what came of it; players.go: the files of those who play
//	prove.go      what was reported, against the games that the ledger has read from their file; recount.go
//	audit.go      a second job replays the games, and what was counted is held against their moves
//	watch.go      how far an evaluation is, and whether it is stuck; stuck.go: what was found stuck
//	pressure.go   whether too many evaluations are open
//	conclude.go   what follows from evidence: matches, ratings, events
//
// An evaluation is kept under its id, which follows from the candidate, the opponents and the way of playing. Whoever
// wants the same one again, in another job or after a crash, gets the one that is there, and all that follows from it
// follows again.
package evaluation
