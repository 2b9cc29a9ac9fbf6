// Package cli is the operator's command line, run by starter/main.go and, in process, by its tests.
//
//	cli.go           System: what the commands use; Execute
//	exit.go          exit codes
//	config.go        settings, and their table in the help
//	output.go        text or JSON
//	names.go         TYPE[@node]: case, aliases, suggestions, completion
//	up.go, down.go, nodes.go, wait.go                 the fleet
//	status.go, status_text.go, watch.go               how it is
//	verbs.go, info.go, explain.go, explain_text.go    one daemon
//	list.go, graph.go                                 the registry; no server needed
//	bus.go, events.go, publish.go                     the bus
//	logs.go, logfile.go, logline.go                   the daemons' logs
//	installation.go  which data folder owns a namespace
package cli
