// Package activities joins the workflows to the world: thin adapters between Temporal and the host,
// the event log and the disk.
//
//	daemons.go    RunDaemon: one attempt of one daemon, from task to result
//	brief.go      an error as it can be stored everywhere
//	cause.go      why the previous attempt of this activity ended
//	lease.go      the server's belief that an attempt runs here, kept by heartbeats
//	heartbeat.go  the lease of a daemon's attempt, and fencing when it is over
//	reporter.go   readiness in batches to the parents, changes to the daemon's own workflow
//	records.go    a small file for each running attempt, so that a successor can report it lost
//	predecessors.go  attempts of a dead worker that it left no record of: jobs, and daemons it had not begun
//	control.go    StopDaemon and StopMany, on this worker's private queue
//	support.go    Locate, Census: what the server knows
//	job.go        StartJob, RunJob, FinishJob: one attempt of a job, and its lease
//	pipeline.go   ActPipeline: what a training loop decides, into the ledger
//	publish.go    Publish: transitions into the event log
//
// An attempt heartbeats by its own calls instead of the SDK's: the SDK throttles to 80 % of the timeout
// and cancels the activity as soon as one call fails for that long, which leaves almost no room for an
// outage of the server.
package activities
