// Package program runs a command daemon: a row of the registry that has a spec.Program instead of code in this build.
// It is a host.Server like any other; the process itself, its descendants, its limits and its log are package
// process's.
//
//	runner.go       New: the runner for a row, by the kind of its program
//	service.go      a program that runs until it is stopped: readiness, liveness, its end
//	oneshot.go      a program that runs to its end
//	scheduled.go    a program that runs at the times of a schedule
//	command.go      the row as a process.Command; environment.go: its environment and the secrets in it
//	probe.go        the questions: exec, http, tcp; verdict.go: how many answers in a row change what is believed
//	ending.go       what the end of a process means
//	health.go       what is said of it: its load, its probe
//
// A program dies with its worker: a replacement elsewhere never meets its predecessor. What a dead worker has left is
// swept before the next one on that node starts anything.
package program
