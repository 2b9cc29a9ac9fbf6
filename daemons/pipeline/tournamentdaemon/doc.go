// Package tournamentdaemon is TOURNAMENT_DAEMON: it keeps the ladder honest, by having the models of a configuration play
// each other and the baselines again and again. It supplies games for ratings, and decides on no model.
//
//	declare.go    the registry's row and the settings
//	daemon.go     one look at the tournaments of all configurations
//	ladder.go     who meets whom: a pure function of who is there and who has met
//	roster.go     who is there: the models in office and those before them, from the ledger
//	plan.go       the plan of a tournament, with its job
//	prove.go      what was reported, against the games that the ledger has read from their file
//	conclude.go   what follows: matches, ratings, the result, events
//	health.go     tournaments that do not come to their ends
//
// A configuration has one open tournament at most. Its plan is kept in the ledger (package tournament), QUEUE_POPULATOR
// puts its job into the queue, and this daemon proves what came of it. Plan and result have natural keys, so whoever dies
// anywhere in between leaves the rest to the next look. A pair that has met often enough is not played again: a ladder
// with nothing left to tell rests until another model comes into office.
package tournamentdaemon
