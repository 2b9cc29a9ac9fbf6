// Package workload is the contract between the orchestrator and the programs that play, train and judge. The
// orchestrator never imports such a program: it sees commands, JSON files and hashed artefacts. This package
// uses the standard library only, so that an adapter written in Go can build on it.
//
//	command.go     the commands, and which of them every workload has
//	manifest.go    Manifest: what a workload says of itself in workload.json; manifestcheck.go finds every fault
//	request.go     Request: the file a command is started with; Result: the file it leaves behind (result.go)
//	params.go      the parameters of each command: play.go, learn.go, judge.go; metrics.go, what each reports (metricscheck.go)
//	fault.go       faults that a test asks a workload to show
//	progress.go    Line: what a running command says on its standard output
//	exitcode.go    ExitCode; disposition.go, what the orchestrator does after each ending
//	games.go       the tables of a games file, which the data plane counts and merges
//	strict.go      strict JSON; problem.go, everything wrong with a document at once
//
//	load.go        Load: a workload's folder, its commands resolved; LoadAll: those in a folder; hash.go, its content hash
//	set.go         Set: which workload offers which configuration
//	attempt.go     Attempt: the folder of one attempt
//	verify.go      Verify: whether an attempt succeeded, proved from its files; violation.go names what is wrong
//
// Packages below: run executes a command as a process; adapter is the other side, for workloads written in Go;
// check proves that a workload keeps the contract; mini and python are two workloads.
//
// Rules that hold:
//
//   - A command reads its request and its inputs, and writes only below its attempt folder.
//   - Seats are counted from 1. A list by seat begins with seat 1. A draw is a number of its own, never a loss.
//   - What a file tells of time is the request's issued_at: the same request gives the same bytes.
//   - In params zero (or absent) is the workload's default and −1 turns a thing off, unless the field says otherwise.
//   - What is not known is absent (null), never 0.
package workload
