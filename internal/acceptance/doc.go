// Package acceptance holds the long bars: real servers, real worker processes that are killed, frozen and
// drained, and a journal that the daemons themselves write as the only evidence. Each test prints what it
// measured.
//
//	order_test.go      edges at every start and stop of the whole graph
//	kill_test.go       kill -9 of the worker and of the Temporal server
//	drain_test.go      SIGTERM between two workers
//	freeze_test.go     a worker frozen longer than its heartbeats may be late
//	outage_test.go     Temporal away for a while
//	terminate_test.go  workflows terminated from outside
//	command_test.go    a storm of commands, and the plain signal of an operator
//	idle_test.go       what a fleet costs that does nothing
//	bench_test.go      the figures: starts, stops, restarts, fail-over, idle cost
//
// With -short each runs fewer rounds. Tests that mostly wait run in parallel after the others.
package acceptance
