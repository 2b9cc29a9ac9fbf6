// Package daemonlog reads the logs of daemons and of the attempts of jobs as the worker writes them, for the starter on the
// same machine and for the worker's HTTP server on behalf of others. It also says which of a daemon's go at last.
//
//	find.go    Find: which file is the log of a daemon
//	attempt.go FindAttempt: which files are the logs of an attempt of a job
//	reader.go  Reader: its last lines, and those that come, across its rotations
//	retire.go  Retirer: which logs go since their daemon is in the plan no more
//	place.go   Place: how far a reader has come, so that another one can go on there
//
// A daemon's log is DATA_DIR/logs/NAME.log, NAME being TYPE, or TYPE@node for one node's copy. What the program of a
// command daemon writes is below a folder of its own; NAME.log then tells what became of the program. A full log is
// moved to NAME.log.1, that one to NAME.log.2, and so on. An attempt's logs are in DATA_DIR/jobs/JOB/ATTEMPT.
package daemonlog
