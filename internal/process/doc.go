// Package process runs one command under one shim, a small process that outlives neither the command nor
// its worker and leaves nothing behind. The shim is the worker's own executable started again; a main
// package calls ShimMain before anything else when its first argument is ShimArgument.
//
//	worker ──socket: start, beats, stop ▸──┐   ┌── command (session of its own, dies with the shim)
//	   ▲   ◂ started, ready, beats, exit ──┤   │     ├── children, double forks, setsid …
//	   └── stdout as lines (a pipe) ◂──── shim ┴─────┘   the shim is their subreaper
//	                                        └── rotated log: stderr, and stdout if nobody wants lines
//
// The shim ends all descendants when the main process exits, when it is told to, when a limit is exceeded,
// when its worker is gone (the socket closes) and when its worker is silent for too long (a frozen worker
// must not keep commands beside their replacements): the stop signal to every process group, a grace, then
// KILL, repeated until the kernel says that no child is left. Every orphan becomes the shim's child, so that
// answer is exact.
//
//	command.go         Command: what to run, where its output goes, its limits
//	check.go           what is refused before anything starts, and the defaults
//	processors.go      Processors: which command is bound to which
//	exit.go            Exit: how it ended and why, and what it used
//	process.go         Process: Wait, Stop; the worker's side of the socket
//	load_linux.go      Load: what a running command uses
//	account.go         whom a command runs as
//	start_linux.go     Start: the shim's process, socket and pipes
//	ask_linux.go       Ask: a short command without shim, which asks how another one is
//	answer.go          what it answered, for a message
//	lines.go           stdout as bounded lines
//	protocol.go        what worker and shim say to each other
//	marker.go          how leftovers are known: Scope and markers in the environment
//	sweep_linux.go     Sweep: ends what a dead shim or a dead worker has left
//	shim_linux.go      ShimMain: the shim's process
//	supervise_linux.go its loop: orders, children, silence, limits
//	ending_linux.go    how it ends all descendants
//	spawn_linux.go     how it starts the command: session, user, priority, processors, death signal
//	streams_linux.go   the command's descriptors
//	watch_linux.go     memory and number of processes of the tree
//	proc_linux.go      what /proc tells about processes
//	children_linux.go  the processes below another one, cheaply
//	cgroup_linux.go    a control group for each command, where one can be made
//	output.go          the shim's pump from a pipe to the log
//	ready.go           how it hears that the command is ready
//	logfile.go         size-rotated files
//	redact.go          secrets replaced in a stream
//	shim/              the shim as a small executable of its own, for Command.Shim
//
// Signals go to whole process groups below the shim, which nobody else can be in: the command begins with a
// session of its own. A log that cannot be written never stops a command, a reader of lines that does not
// read holds it back, and neither keeps it from being ended.
//
// What holds when the shim itself is killed with -9: the main process dies with it by the kernel's parent
// death signal; the worker sees the socket close and sweeps what carries the marker. When worker and shim
// are killed at once, the next worker sweeps before it starts anything: until then a grandchild may run on.
// A process that has cleared its environment, has left for a session of its own and has lost its parents is
// found by the sweep only if a control group could be made (cgroup v2, writable); the shim, while it lives,
// always finds it. That also goes for the processes of another user (Command.User) where root may not read their
// environment, as in a container without CAP_SYS_PTRACE.
package process
