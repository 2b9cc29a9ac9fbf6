// Package control speaks to a running fleet over a Temporal client. The command line, the web pages and
// the tests use it; it decides nothing.
//
//	client.go      Client: how long to wait, and for whom it speaks
//	fleet.go       Up, Down, Status: the supervisor
//	overlay.go     what the daemons themselves say, in place of the supervisor's rows
//	watch.go       Watch: the status for who asks again and again
//	daemon.go      Info, Do: one daemon
//	wait.go        WaitReady, WaitPhase, WaitFor
//	call.go        one bounded call, and what its failure means
//	errors.go      the failures an operator can act on, as types
//	attributes.go  the search attributes a namespace needs
package control
