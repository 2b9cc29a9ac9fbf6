// Package processcompose reads the YAML files of process-compose and writes a file of daemons that does the same. It is
// tolerant: whatever does not map is told, with what to do instead, and left out; only what is no file of
// process-compose at all is an error.
//
//	import.go      Import: from files to a Result; note.go: what is told of each key
//	document.go    files with those that they extend; expand.go: YAML, bounded; node.go: what was written, where; overlay
//	dotenv.go      the files of variables beside it; variables.go: ${NAME}, put in or left to who runs it
//	template.go    {{.NAME}}, rendered
//
//	project.go     the keys above the processes
//	process.go     one process: its kind, its replicas; keys.go: its keys; names.go: what it is called
//	command.go     what is run; shell.go: the variables that a shell puts in
//	environment.go its variables
//	edges.go       depends_on, and what others wait for
//	probes.go      readiness and liveness; questions.go: how they ask
//	restarts.go    availability; ends.go: shutdown; schedule.go; logs.go
//	instead.go     what has no counterpart
//
//	entry.go       an entry of the file of daemons that is being made; fit.go: what the reader of those files refuses
//
// Package daemonfile alone decides what an entry may say: each is shown to its reader, and what that refuses is left out
// and told with its words.
package processcompose
