// Package startup tells of a start-up what it waited for, from the daemons' changes of phase: pure functions.
//
//	history.go  the starts of each daemon, and which of them were one start-up
//	startup.go  Startup: what each daemon waited for, its slack, and the chain that determined the whole
//
// A start-up is a burst: starts that follow each other, or another's being ready, within Quiet. Restarts of daemons that
// failed are no part of one, as dependencies gate starts only. Times are the daemons' own: ready is when the process that
// runs the daemon found it ready, started when its workflow began to start it.
package startup
