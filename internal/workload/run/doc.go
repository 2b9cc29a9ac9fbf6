// Package run executes commands of a workload as processes under a shim (internal/process) and tells how each
// ended, what it has proved, and what the orchestrator does next.
//
//	runner.go       Runner.Run: one attempt from start to verdict
//	job.go          Job: what to run, and its limits; Report: what came of it
//	environment.go  the variables a command is given
//	watch.go        cancel, deadline, silence: when a command is told to end
//	tracker.go      what its lines have told
//	ending.go       from the process's exit to the contract's ending
//	describe.go     Runner.Describe: whether each command line prints the manifest
package run
