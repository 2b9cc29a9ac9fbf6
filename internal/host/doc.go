// Package host is everything around a daemon while one attempt of it runs in this process. It knows
// nothing of Temporal: package activities hands it assignments and tells the workflows what came of them.
//
//	api.go       what a daemon is written against: Ticker, Server, Runtime, the errors that steer the host
//	host.go      Host: the catalog and what runs here; Run, Stop, StopAll, Snapshot
//	instance.go  one attempt: make, initialise, work, stop, and how it ended
//	work.go      the loops: ticks, Serve, events
//	overhear.go  events that a daemon ticks for before the log hands them out
//	health.go    verdicts on their cadence, and when they count as a failure
//	exit.go      Exit: how an attempt ended, and what an error means
//	backoff.go   the delay before the next attempt, and the brake against storms
//	logs.go      one rotated log file a daemon
//
// The host owns the loop, jitter, timeouts, panics, health cadence and log fields, so that no daemon
// writes any of it. A daemon that does not stop in time is abandoned: its goroutine may linger, but its
// epoch is fenced and a newer copy is not kept waiting.
package host
