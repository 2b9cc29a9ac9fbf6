// Package local runs a whole installation on one machine: what `make up`, `make down` and `make status` do.
// It starts a Temporal dev server and a worker as processes that outlive the command, asks the starter to
// bring the daemons up, and finds all of it again by records in the data folder.
//
//	config.go        Config: the settings, read by main
//	installation.go  Installation: one data folder and what belongs to it
//	peers.go         the workers beside the first one (NODES=3)
//	up.go            Up: start what is missing, or nothing at all
//	plan.go          what is missing, and whether it can be started
//	down.go          Down: stop everything in order
//	status.go        Status, and the summary that Up ends with
//	training.go      what is trained, in a line
//	settings.go      what an installation was started with, for the commands that follow
//	recorded.go      the settings of what runs, found again; Recorded, for the starter's other commands
//	service.go       service: one background process, its record and its log
//	files.go         logs, and files that are replaced as a whole
//	identity_*.go    telling a process from a later one with the same pid
//	ports.go         addresses, and whether they are free; owner_*.go who has them
//	probe.go         waiting until something serves
//	devserver.go     the command line of the Temporal dev server
//	find.go build.go the Temporal CLI: found, or built once
//	temporalmodule.go of which modules it is built (temporal.mod, temporal.sum)
//	command.go       the commands `starter local …`
package local
