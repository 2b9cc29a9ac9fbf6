// Package workqueuemonitor is WORK_QUEUE_MONITOR: it tells whether jobs flow: how many wait and for how long, which
// are stuck, and which nodes have too many.
//
//	declare.go  the registry's row and the settings
//	monitor.go  one look at the queue
//	levels.go   back-pressure and overload, each told once when it begins and once when it ends
//	health.go   the monitor's own health; a full queue is a finding
//
// The ledger is the only source: a look after a restart sees what the one before saw. Events make a look come sooner.
// What is on or off is kept in the ledger as the level of a queue, so that its event is one fact however often a crash
// makes it told.
package workqueuemonitor
