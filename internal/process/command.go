package process

import (
	"syscall"
	"time"
)

// Command says what to run. Nothing is inherited from the worker: neither environment nor descriptors.
type Command struct {
	// Name is shown in the process list and in errors: at most 64 letters, digits and ._@-.
	Name string
	// Args is the program and its arguments. A program without a slash is looked up in the PATH of Env; a
	// relative one is relative to Dir. Arguments are public: secrets belong into Env.
	Args []string
	// Dir is the working directory, an absolute path.
	Dir string
	// Env is the whole environment, as KEY=value.
	Env []string
	// Scope names the worker that the command belongs to, see Scope.
	Scope string

	// OnLine is called for each line of standard output, one at a time. While it does not return, the
	// command is held back as by any full pipe. If it is nil, standard output goes to the log.
	OnLine func(Line)
	// Log receives standard error, and standard output unless there is OnLine.
	Log Log
	// Secrets are replaced by *** in the log and in lines. Empty ones are ignored.
	Secrets []string

	Limits Limits

	// Ready is how the command says that it is ready; see Process.Ready.
	Ready Ready
	// User is whom to run it as: a name or a number that this machine knows; default whom the worker runs as. Only a
	// worker that is root can run it as somebody else. It gets that user's group, supplementary groups, and HOME,
	// USER and LOGNAME unless Env has them; the log stays the worker's. The user needs access to Dir and program.
	User string

	// StopSignal asks the processes to end; default SIGTERM.
	StopSignal syscall.Signal
	// Grace is how long they may take before they are killed when Start's context ends; default 30 s.
	Grace time.Duration

	// Beat is how often worker and shim show each other that they live; default 1 s.
	Beat time.Duration
	// Silence is how long the worker may be silent before the shim ends everything; default 15 s. Together
	// with OrphanGrace it must be shorter than what makes somebody start a replacement, such as the
	// heartbeat timeout of the activity.
	Silence time.Duration

	// Shim starts the shim; default this executable with ShimArgument.
	Shim []string
}

// Ready is what a command does once it is ready: one of the two, or nothing, if it is as soon as it runs.
type Ready struct {
	// Line is a regular expression (RE2) that matches within a line of standard output or standard error. With OnLine
	// only standard error is looked at. Lines are matched once they have ended, without their end, as they were written,
	// and by their first 4 KiB.
	Line string
	// Descriptor is a file descriptor from 3 to 64 that the command gets, on which it writes a newline. As with s6,
	// what comes before and after the newline does not matter, nor does whether the descriptor is closed then; one
	// that is closed without a newline says nothing.
	Descriptor int
}

// OrphanGrace is how long processes may take to end after the main process has ended or the worker is gone.
const OrphanGrace = 5 * time.Second

// Line is one line of standard output without its end. Text is valid until OnLine returns.
type Line struct {
	Text []byte
	// Truncated says that the line was longer than MaxLine; the rest of it is lost.
	Truncated bool
}

// MaxLine is how many bytes of a line are delivered.
const MaxLine = 64 << 10

// Log is a file that is moved to Path.1, Path.1 to Path.2 and so on when it has grown to Limit, where it can between two
// lines. The next run goes on in it. A file that somebody removes or moves away is made anew within a second of output.
type Log struct {
	// Path is an absolute path; its folder is made if need be. Output without a path is discarded.
	Path string
	// Limit is the size of one file in bytes; default 5 MiB, at least 4 KiB.
	Limit int64
	// Keep is how many files are kept, the current one included; default 2, at most 100.
	Keep int
	// Timestamps puts the time of its arrival before each line.
	Timestamps bool
}

// Limits bound a command together with all its descendants. Zero is no limit.
type Limits struct {
	// Memory is in bytes, counted as proportional share: what is shared counts once. A tree above it is
	// killed and reported as out of memory. It is measured four times a second, less often where that
	// is dear because the tree is large, and can be above the limit for that long.
	Memory int64
	// Processes is how many processes there may be at a time. A tree with more is killed. They are counted
	// four times a second, and a fork bomb gets beyond the limit in between. One that gives each process a
	// session of its own can outrun a shim that has neither a control group nor the right to real-time
	// priority.
	Processes int
	// Processors binds the command to these, by their numbers; see Processors.Take.
	Processors []int
	// Nice is added to the worker's priority: 0 to 19.
	Nice int
}
