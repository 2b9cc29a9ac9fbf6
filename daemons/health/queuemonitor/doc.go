// Package queuemonitor is QUEUE_MONITOR: it keeps the history of how full each queue of the pipeline is, and tells its
// producers how fast they may go.
//
//	declare.go  the registry's row, the queues and their limits
//	level.go    from a depth to a level, which stands for a share of the full rate; a pure function
//	monitor.go  one round: measure, remember, tell
//	health.go   the monitor's own health; a full queue is a finding
//
// Depths of queues that are made of jobs come from the ledger; others are recorded there by whoever has them. A queue
// of which nobody says anything has no depth: its level stays as it is.
package queuemonitor
