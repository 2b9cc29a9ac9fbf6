package run

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Options are what all commands of a runner have in common.
type Options struct {
	// Scope names the worker that the processes belong to; see process.Scope.
	Scope string
	// Environment is given to every command, as KEY=value: at least PATH. No secrets.
	Environment []string
	// Shim starts a shim; default this executable with process.ShimArgument.
	Shim []string
}

// Runner runs commands of workloads. It may be used by many goroutines.
type Runner struct {
	options    Options
	processors *process.Processors
}

// New returns a runner.
func New(options Options) *Runner { return &Runner{options, process.NewProcessors()} }

// Run runs one attempt until no process of it is left and proves its result. When ctx ends the command is
// told to end and has its grace to do so; Run returns after that. The error is one of the orchestrator's own:
// the command could not be started, or its files could not be read.
func (r *Runner) Run(ctx context.Context, job Job) (*Report, error) {
	job = job.withDefaults()
	tracker, id := newTracker(job.OnLine), job.Attempt.Request.JobID
	processors, giveBack, err := r.processors.Take(job.Attempt.Request.Limits.CPU)
	if err != nil {
		return nil, fmt.Errorf("run job %s: %w", id, err)
	}
	defer giveBack()
	running, err := process.Start(context.WithoutCancel(ctx), r.command(job, tracker, processors))
	if err != nil {
		return nil, fmt.Errorf("run job %s: %w", id, err)
	}
	cause := watch(ctx, job, running, tracker)
	return conclude(context.WithoutCancel(ctx), job.Attempt, running.Wait(), cause, tracker)
}

func (j Job) withDefaults() Job {
	fill(&j.Grace, DefaultGrace)
	fill(&j.SilentLimit, DefaultSilentLimit)
	fill(&j.BeatLimit, DefaultBeatLimit)
	return j
}

func fill(field *time.Duration, value time.Duration) {
	if *field == 0 {
		*field = value
	}
}

func (r *Runner) command(job Job, tracker *tracker, processors []int) process.Command {
	request := job.Attempt.Request
	return process.Command{
		Name:   string(request.Command) + "." + shortened(request.JobID),
		Args:   append(job.Workload.CommandLine(request.Command), "--request", job.Attempt.RequestPath()),
		Dir:    job.Attempt.Dir,
		Env:    r.environment(job),
		Scope:  r.options.Scope,
		OnLine: tracker.line,
		Log:    process.Log{Path: job.Attempt.LogPath()},
		Grace:  job.Grace,
		Shim:   r.options.Shim,
		Limits: process.Limits{
			Memory: int64(request.Limits.MemMB) << 20, Processes: maxProcesses, Processors: processors, Nice: job.Nice,
		},
	}
}

// shortened keeps the end of an id, which differs most, so that the name of a process stays within its bound.
func shortened(id string) string {
	const keep = 40
	return id[max(0, len(id)-keep):]
}

// watch tells the command to end when it must, and returns why; it ends with the command.
func watch(ctx context.Context, job Job, running *process.Process, tracker *tracker) workload.Cause {
	w := &watcher{job: job, tracker: tracker}
	check := time.NewTicker(checkEvery)
	defer check.Stop()
	var deadline <-chan time.Time
	if at := job.Attempt.Request.Deadline; !at.IsZero() {
		deadline = time.After(time.Until(at))
	}
	cancelled := ctx.Done()
	for {
		cause := workload.Cause("")
		select {
		case <-running.Done():
			return w.cause
		case <-cancelled:
			cause, cancelled = causeOf(ctx), nil
		case <-deadline:
			cause = workload.CauseDeadline
		case <-check.C:
			cause = w.silence()
		}
		if cause != "" && w.cause == "" {
			w.cause = cause
			running.Stop(w.grace())
		}
	}
}
