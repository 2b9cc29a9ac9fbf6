package run

import (
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Causes for which a caller ends the context of Run (context.WithCancelCause). Any other is a cancellation
// by the job's owner.
var (
	// ErrPreempted: the place is needed, or the node drains; the job goes on later.
	ErrPreempted = errors.New("preempted")
	// ErrLost: the right to run the job is gone; what it did does not count.
	ErrLost = errors.New("lease lost")
)

// Defaults of a Job.
const (
	DefaultGrace       = 30 * time.Second
	DefaultSilentLimit = 60 * time.Second
	// DefaultBeatLimit leaves room for two lost heartbeats.
	DefaultBeatLimit = 3 * workload.BeatInterval
	// maxProcesses bounds the processes of one command.
	maxProcesses = 1024
)

// Job is one attempt to run.
type Job struct {
	Workload *workload.Workload
	Attempt  *workload.Attempt
	// GPUs names the devices that the command may use; empty is none.
	GPUs string
	// Grace is how long the command may take to end when told to; default 30 s.
	Grace time.Duration
	// SilentLimit is the longest time without progress; default 60 s, below 0 none.
	SilentLimit time.Duration
	// BeatLimit is the longest time without any line; default 30 s, below 0 none.
	BeatLimit time.Duration
	// Nice is added to the priority of the command: 0 to 19.
	Nice int
	// OnLine is told each well-formed line of a known type, one at a time. It must be quick: while it does not
	// return the command is held back.
	OnLine func(workload.Line)
}

// Report is what came of an attempt.
type Report struct {
	Ending   workload.Ending
	Decision workload.Decision
	// Result is nil unless it was proved.
	Result *workload.Result
	// Exit is how the process ended.
	Exit process.Exit
	// Progress is the last state that was told.
	Progress Progress
	// Flags are breaches that do not make the attempt fail; at most one a rule.
	Flags []workload.Violation
	// Message is what the command said about its failure: the result's error, or the end of standard error.
	Message string
}

// Progress is what the lines of a command have told so far.
type Progress struct {
	Done  float64 `json:"done"`
	Total float64 `json:"total"` // 0: unknown
	Unit  string  `json:"unit"`
	Rate  float64 `json:"rate"`
	// At is when the work last moved on: another Done, a checkpoint, an artifact, a metric.
	At time.Time `json:"at"`
	// Checkpoint is the last one, nil if there is none.
	Checkpoint *workload.Line `json:"checkpoint,omitempty"`
	// LastLine is when the last line of any kind came.
	LastLine time.Time `json:"last_line"`
	// LongestSilence is the longest time between two lines so far.
	LongestSilence time.Duration `json:"longest_silence_ns"`
}
