package check

import (
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

// spec is what a rule asks a command to do.
type spec struct {
	command workload.Command
	params  any
	inputs  []workload.Input
	// config is the key of the configuration; empty is the kit's.
	config string
	// job is the job's id; empty makes one. Rules that repeat a request give it.
	job  string
	seed int64
	// deadline is the time until the deadline; 0 is none.
	deadline time.Duration
	resume   *workload.ResumePoint
	limits   workload.Limits
	// prepare changes the attempt's folder before the command starts.
	prepare func(*workload.Attempt) error
	// stopWhen is asked about each line; at the first yes the command is told to end.
	stopWhen func(workload.Line) bool
	// stopAfter is when the command is told to end in any case; 0 is never.
	stopAfter time.Duration
	// unwatched: the run breaks a rule on purpose.
	unwatched bool
}
