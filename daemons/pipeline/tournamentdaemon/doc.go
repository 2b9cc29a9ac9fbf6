// Package tournamentdaemon is TOURNAMENT_DAEMON: it keeps the ladder honest, by having the models of a configuration play
// each other and the baselines again and again, and by having the baselines, the measure of all ratings, play each other. It
// supplies games and anchors for ratings, and decides on no model.
//
//	declare.go      the registry's row and the settings
//	daemon.go       one look at the tournaments of all configurations
//	calibration.go  how baselines should score against each other, whether they do, and their ratings: pure functions
//	calibrate.go    when that is looked at, and what follows
//	ladder.go       who meets whom: a pure function of who is there and who has met
//	roster.go       who is there: the models in office and those before them, from the ledger
//	plan.go         the plan of a tournament, with its job
//	prove.go        what was reported, against the games that the ledger has read from their file
//	conclude.go     what follows: matches, ratings, the result, events
//	health.go       tournaments that do not come to their ends
//
// A configuration has one open tournament at most. Its plan is kept in the ledger (package tournament), QUEUE_POPULATOR
// puts its job into the queue, and this daemon proves what came of it. Plan and result have natural keys, so whoever dies
// anywhere in between leaves the rest to the next look. A pair whose games are settled is not played again: it has met
// often enough, or it is certain what its games say to whoever decides by them, or nobody does. A ladder with nothing left
// to tell rests until another model comes into office.
//
// A calibration lets each baseline play the next weaker one. If all of them score as they should, the first one of a
// workload gives them the ratings that they keep from then on (package pipeline, Rate), so that ratings of different times
// compare. One that surely does not score so is told of, and AUTO_PROMOTION promotes nobody until a later calibration holds.
// One that holds is repeated when something was measured since.
package tournamentdaemon
