// Package jobs is what happens to a job of the workload: it is queued in the ledger, placed on a node,
// granted, run there as a process, and what came of it goes back into the ledger under the grant's fence.
//
//	request.go     Request: what a queued job asks for
//	assignment.go  Assignment: what a node is told to run; Report: what it says came of it
//	workflows.go   Workflows: granted jobs as the scheduler sees them
//	observe.go     what is known of the nodes, as the ledger has it
//	place*.go      Place: which job goes where, what makes room for it, and what yields to it
//
//	executor.go       Executor: runs attempts on a node; admission.go: one a job; devices.go: who has which GPU
//	attempt.go        one attempt from its inputs to its report; verdict.go: what follows when it gets no result
//	inputs.go         files that are fetched, by hash; outputs.go, finishedgames.go: what is proved and stored;
//	                  gamesname.go: what the name of a games file tells
//	examine.go        which input is to blame when a command calls one bad, or trials have found one; spoilt.go: what
//	                  follows for the job
//	checkpoints.go    checkpoints stored while the command works; checkpointname.go: where; checkpointprune.go:
//	                  for how long
//	progress.go       what is told meanwhile; curves.go: step by step
//	folder.go         the folder of an attempt; logs.go: what stays of it; tidy.go: for how long, and Sweep
//
//	recorder.go       Recorder: beginnings and ends of attempts in the ledger
//	assign.go         Start: from the queued request to the assignment, with the sources of its inputs
//	resume.go         from which checkpoint an attempt may go on: one that a living node has comes first
//	register.go       what an attempt left on its node: items, copies, games
//	decide.go         Finish: from the ending to what becomes of the job; rewrite.go: requests for a next attempt
//	settle.go         what the ledger made of it, to the workflow and as events
//
// Who does what: the ledger owns queued and finished jobs, Temporal the running ones. JOB_SCHEDULER alone
// grants. A grant is the workflow job/<id>: it starts the attempt in the ledger (Recorder), has the node run
// it (Executor), and ends it in the ledger (Recorder). The executor touches only the node's disk and other
// nodes' data servers; the recorder touches only the ledger and the event log.
//
// The rules that hold:
//
//   - A job has exactly one result. Whoever writes it proves with the grant's token that nobody else was
//     granted the job since.
//   - Only references travel through Temporal: hashes, counts, and the identities of finished games.
//   - What a workload says is proved from its files before it counts.
//   - What becomes of a job is a decision in the node's report. An error is a fault of the orchestrator's own.
//   - What was recorded under a token is read back to say what became of it, so that each call can be repeated.
package jobs
