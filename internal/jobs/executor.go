package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/transfer"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// Fetcher brings items of other nodes here; *transfer.Client is one.
type Fetcher interface {
	Fetch(ctx context.Context, dir *data.Dir, request transfer.Request) (transfer.Result, error)
}

// ExecutorConfig is what an Executor works with. Zero means the default where one is named.
type ExecutorConfig struct {
	Node string
	// Dir is the folder of the attempts, created if it is missing: DATA_DIR/jobs.
	Dir string
	// Scope is that of the Runner's processes; see process.Scope.
	Scope  string
	Files  *data.Dir
	Fetch  Fetcher // nil: every input must be on this node
	Runner *run.Runner
	// Workloads are those of this node, by the name in their manifests.
	Workloads map[string]*workload.Workload
	// Devices name the GPUs that jobs may use, each by one job at a time.
	Devices []string
	Grace   time.Duration    // for a command to end when told to; run.DefaultGrace
	Logger  *slog.Logger     // nil means silence
	Now     func() time.Time // nil means time.Now
}

// Executor runs attempts of jobs on a node. It may be used by many goroutines.
type Executor struct {
	config  ExecutorConfig
	running admissions
	devices devices
	tidied  tidied
}

// NewExecutor returns an executor. Call Sweep before the first Run. Its error tells every fault of the configuration.
func NewExecutor(config ExecutorConfig) (*Executor, error) {
	if err := config.check(); err != nil {
		return nil, fmt.Errorf("run jobs: %w", err)
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Executor{config: config, running: newAdmissions(), devices: newDevices(config.Devices)}, nil
}

func (c ExecutorConfig) check() error {
	var errs []error
	for _, field := range []struct{ name, value string }{{"node", c.Node}, {"dir", c.Dir}, {"scope", c.Scope}} {
		if field.value == "" {
			errs = append(errs, fmt.Errorf("%s is empty: give a value", field.name))
		}
	}
	if c.Files == nil || c.Runner == nil {
		errs = append(errs, errors.New("files or runner is missing: give both"))
	}
	return errors.Join(errs...)
}

// Run runs one attempt until none of its processes is left and what it hands over is stored on this node. An
// older attempt of the same job that still runs here is ended first. The context's cause says why an attempt is
// to end: run.ErrPreempted, run.ErrLost, anything else is a cancellation.
//
// What becomes of the job is the report's decision, also where the node cannot run it: no such workload, no
// source of an input, a full disk. An error is a failure of this node that another attempt need not meet.
//
// observe is told each step, one call at a time; it must not block.
func (e *Executor) Run(ctx context.Context, assignment Assignment, observe func(Progress)) (Report, error) {
	ctx, leave, err := e.running.enter(ctx, assignment)
	if err != nil {
		return Report{}, fmt.Errorf("run job %s: %w", assignment.JobID, err)
	}
	defer leave()
	defer e.tidySometimes()
	return newAttempt(e, assignment, observe).run(ctx)
}

// Running is how many attempts run on this node now.
func (e *Executor) Running() int { return e.running.count() }

// workload finds the one that a request names.
func (e *Executor) workload(name string) (*workload.Workload, error) {
	all := e.config.Workloads
	if name == "" && len(all) == 1 {
		for _, only := range all {
			return only, nil
		}
	}
	found, known := all[name]
	if !known {
		return nil, elsewhere(classNoWorkload, "node %s has the workloads %q, not %q", e.config.Node,
			strings.Join(slices.Sorted(maps.Keys(all)), ", "), name)
	}
	return found, nil
}
