// Package jobscheduler is JOB_SCHEDULER: it alone decides which job runs where and when, keeps the leases of running
// jobs alive, and takes jobs back from nodes that are gone.
//
//	declare.go   the registry's row and the settings
//	scheduler.go one round: leases, then stops, then places
//	leases.go    which leases live on, which grants are repeated, which jobs are taken back
//	memory.go    what this process need not ask or say again
//	places.go    what the ledger knows becomes a snapshot, and what jobs.Place decides becomes grants
//	stops.go     cancellations and preemptions on their way to running jobs
//	purge.go     finished jobs, decisions and ratings that the ledger has kept for long enough
//	events.go    what is told of it
//	health.go    the scheduler's own health; a full queue is a finding
//
// The rules that hold:
//
//   - The ledger is the truth, events only make the next round come at once.
//   - A lease lives as long as the workflow of its grant is open, whatever the node says; it lapses a minute after
//     that, by the clock of the ledger. While Temporal cannot be asked, no lease is taken back.
//   - A claim is made before the grant. A crash in between leaves a claim without a workflow: it is granted again under
//     the same token, so that the job never runs twice, or it lapses.
//   - A round is bounded: so many leases, so many candidates, so many grants. What is left comes in the next one.
//   - Events are told after the ledger has changed. A crash in between loses the event, never the change.
package jobscheduler
