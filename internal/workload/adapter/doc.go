// Package adapter is the workload's side of the contract, for workloads written in Go: a main function is a
// Program with one function a command.
//
//	program.go   Program.Main: reads the request, runs the command, writes the result, returns the exit code
//	task.go      Task: what a command is given: params, inputs, outputs, progress
//	lines.go     progress lines, and a heartbeat that never stops
//	result.go    the result, written last of all
//	failure.go   which error ends with which exit code
//	stop.go      TERM and the deadline end the command's context
//	fault.go     faults that tests ask for
//	files.go     files that appear whole or not at all
package adapter
