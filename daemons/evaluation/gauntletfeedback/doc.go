// Package gauntletfeedback is GAUNTLET_FEEDBACK: it translates the results of evaluations into proposals for the next
// training and self-play. It decides nothing: FEEDBACK_LOOP makes the plans.
//
//	declare.go   the registry's row and the settings
//	daemon.go    one look at the evaluations of all configurations
//	evidence.go  Evidence: the newest evaluations of a configuration, with ratings of one computation
//	propose.go   Propose: evidence → proposals, a pure function; regression.go, plateau.go
//	answer.go    answers as they are kept, one for each evaluation, and told
//	health.go    evaluations that lack what a proposal rests on
//
// An evaluation is answered once, by its id. An answer keeps what it was made from and every proposal, and is kept before
// it is told. What an evaluation does not tell gives no proposal, never one from a default.
package gauntletfeedback
