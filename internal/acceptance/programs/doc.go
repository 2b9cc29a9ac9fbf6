// Package programs holds the long bars of command daemons: files of daemons that the real starter applies, real
// workers that run them under a real Temporal server, and /proc as the only evidence of what runs.
//
//	rig_test.go        rig: a server, workers from bin/, the starter, all to be killed
//	processes_test.go  the processes of a file's daemons, read from /proc
//	watcher_test.go    a process of its own that looks for daemons which run twice
//	histories_test.go  how long every workflow's history is
//
//	file_test.go       what up --file touches, and what it leaves alone
//	endings_test.go    programs that misbehave: phase, cause and budget
//	example_test.go    the example of five real services
//	kills_test.go      kill -9 of workers, shims and the server, at random
//
// With -short each runs fewer rounds.
package programs
