// Package feedbackloop is FEEDBACK_LOOP: it decides how each configuration is trained and played next, from what came of
// it last. It carries out the orders of the stage FEEDBACK, and keeps the plans up to date between them.
//
//	declare.go  the registry's row and the settings
//	loop.go     one round: the orders, then each configuration's plan; proposals are put on record
//	planner.go  planner: evidence, plan and event of one configuration
//	stage.go    FEEDBACK: the next iteration has a plan that knows of this one
//	health.go   a training that a plan holds for long is worth a look
//
// Plans are those of package feedback: rows of the ledger, each with the evidence and the figures that it was made from.
// TRAINING_TRIGGER freezes the plan that holds into its run, SELFPLAY_COORDINATOR plays by it.
package feedbackloop
