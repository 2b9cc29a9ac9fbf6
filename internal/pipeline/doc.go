// Package pipeline is what surrounds the training loop of a configuration: the workflow pipeline/<config> decides which
// stage comes next, the ledger keeps what was ordered, and the daemon that owns a stage carries the order out.
//
//	recorder.go    Recorder: the acts of a pipeline's workflow, in the ledger and as events
//	facts.go       Observe: what the ledger says of a configuration, for its workflow
//	terms.go       Terms: the settings that a pipeline goes by, at one moment
//	targets.go     whether a configuration has reached what it is trained for
//	desk.go        Desk: a daemon that carries out orders, tick by tick; round.go: what it saw
//	rounds.go      Rounds: a daemon that looks for itself, round by round, and keeps what it saw for its health
//	owner.go       Owner: carries out the orders of one stage, by one job an attempt; work.go: Work, what it asks a daemon
//	settle.go      what came of a look at an order, into the ledger
//	unmet.go       Unmet: work that goes on when its job has nothing to do
//	eligible.go    Eligible: models that are not in quarantine and whose file is where it is needed
//	lost.go        what follows when nobody can fetch an input: it is waited for, made again, or done without
//	suspect.go    what follows when a command fails on the same inputs again: the one to blame is searched for; trial.go: how
//	tell.go        what an owner tells of its orders
//	audit.go       Audited: a job whose results another job looks at; watch.go: Watcher: what is told of a job under way
//	pressure.go    whether too many evaluations are open
//	job.go         Job: the job that runs one command of the workload for a stage
//	models.go      models of the ledger as inputs of jobs; presence.go: where files can be fetched
//	results.go     what the stages of an iteration leave for those after them
//	spoilt.go      what stages go on without, since it is corrupt
//	played.go      games and scores as evidence
//	feedback.go    FeedbackOf: what the results of a configuration say for its next round; feedbackstages.go
//	calibration.go Calibration: whether the baselines score as they should, and the ratings that they are anchored at
//	rate.go        Rate: the ratings of all who have played; decisions.go: the decisions that stages leave
//	settings.go    Current: the settings of a daemon, as they are now
//	workflows.go   Workflows: the pipelines as DATA_PIPELINE sees them
//
// Who does what:
//
//   - DATA_PIPELINE keeps the workflow of each configuration running and brings it facts. It decides nothing.
//   - The workflow decides from facts and time alone, and has each step written down by the Recorder.
//   - An order is a row of the ledger: configuration, iteration, stage, attempt. Its owner looks for such rows; events
//     only make it look earlier. It ends the order with a result, or with an error; nobody else does, but for an order
//     that is over its deadline.
//   - What a stage needs of those before it, its owner reads from their results.
//
// A file that is lost with its node is no reason to wait for a deadline: an order that needs it fails and names the stage
// of the iteration that has made it, and the workflow orders that stage again.
//
// An input on which a command fails each time, though nobody can say what is wrong with it, is no reason to fail for ever:
// trials find the one to blame, which goes into quarantine with this evidence, and the next attempt does without it. Where
// they prove nothing, the order fails as ever and says what there is to do.
//
// Every step has a natural key, so that a process that dies anywhere repeats it without a trace.
package pipeline
