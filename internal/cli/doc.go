// Package cli is the operator's command line, run by starter/main.go and, in process, by its tests.
//
//	cli.go           System: what the commands use; Execute
//	exit.go          exit codes
//	config.go        settings, and their table in the help
//	output.go        text or JSON
//	names.go         TYPE[@node]: case, aliases, suggestions, completion
//	up.go, down.go, nodes.go, wait.go                 the fleet; nodesctl.go, the records of its nodes
//	upplan.go, changes.go                             what an up changes
//	daemonfiles.go, applied.go                        files of daemons, and the one that is in force
//	status.go, status_text.go, watch.go               how it is
//	top.go, topmeter.go, toprows.go                   what the daemons use
//	verbs.go, alias.go, info.go, explain.go, explain_text.go    one daemon
//	criticalchain.go                                  what the last start-up waited for
//	import.go                                         files of other supervisors; no server needed
//	list.go, graph.go                                 the registry; no server needed
//	machines.go                                       what a cluster of several machines must share
//	bus.go, events.go, publish.go                     the bus
//	fence.go, fences.go, fencebus.go                  what old copies of daemons are refused by
//	logs.go, logplace.go, logline.go                  the daemons' logs, wherever they are
//	jobslogs.go, joblog.go, jobscreen.go              the logs of jobs, alike; logreading.go: the reading of either
//	jobs.go, jobslist.go, jobsshow.go, jobssubmit.go, jobscancel.go    the queue
//	loop.go, loopplan.go, looporders.go, models.go    the training loop
//	configurations.go                                 which configurations there are
//	backup.go, retention.go                           what is kept, and for how long
//	workload.go                                       workloads and their conformance; no server needed
//	thresholds.go, thresholds_text.go                 the thresholds of the training loop; no server needed
//	data.go, dataverify.go                            who has which files, and whether they are right
//	installation.go  which data folder owns a namespace
package cli
