package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// kit is one check of one workload.
type kit struct {
	workload *workload.Workload
	options  Options
	config   workload.Config
	runs     atomic.Int64

	artefacts artefacts

	mutex    sync.Mutex
	breaches map[workload.Rule]string // the first of each rule
}

func newKit(loaded *workload.Workload, options Options) (*kit, error) {
	k := &kit{workload: loaded, options: options, config: loaded.Manifest.Configs[0], breaches: map[workload.Rule]string{}}
	if options.Config != "" {
		found := false
		if k.config, found = loaded.Manifest.Config(options.Config); !found {
			return nil, fmt.Errorf("config %q: the manifest does not have it", options.Config)
		}
	}
	for _, folder := range []string{k.runsFolder(), k.inputsFolder()} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func (k *kit) manifest() *workload.Manifest { return k.workload.Manifest }
func (k *kit) runsFolder() string           { return filepath.Join(k.options.Folder, "runs") }
func (k *kit) inputsFolder() string         { return filepath.Join(k.options.Folder, "inputs") }

// outcome is how a run went.
type outcome struct {
	*run.Report
	attempt *workload.Attempt
	lines   []workload.Line // the first maxLines
	stopped time.Duration   // from being told to end until the end; 0: it was not
}

const maxLines = 10_000

// attemptFolder is the name of an attempt's folder, in a folder of its own in which nothing else may appear.
const attemptFolder = "attempt"

// run runs one command and watches it for the rules that hold for all.
func (k *kit) run(ctx context.Context, s spec) (*outcome, error) {
	number := k.runs.Add(1)
	attempt, err := k.attempt(number, s)
	if err != nil {
		return nil, err
	}
	if s.prepare != nil {
		if err := s.prepare(attempt); err != nil {
			return nil, err
		}
	}
	if s.unwatched {
		return k.execute(ctx, s, attempt)
	}
	watch, err := watchFolder(attempt)
	if err != nil {
		return nil, err
	}
	o, err := k.execute(ctx, s, attempt)
	order, faultOfWatch := watch.order()
	if err := errors.Join(err, faultOfWatch); err != nil {
		return nil, err
	}
	k.observe(o, order)
	return o, nil
}

// execute runs the command until it ends or is told to.
func (k *kit) execute(ctx context.Context, s spec, attempt *workload.Attempt) (*outcome, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, k.options.Limit, errTooLong)
	defer cancel()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if s.stopAfter > 0 {
		defer time.AfterFunc(s.stopAfter, func() { stop(run.ErrPreempted) }).Stop()
	}
	o := &outcome{attempt: attempt}
	var told atomic.Int64
	defer context.AfterFunc(ctx, func() { told.Store(time.Now().UnixNano()) })()
	report, err := k.options.Runner.Run(ctx, run.Job{
		Workload: k.workload, Attempt: attempt, Grace: k.options.Grace, SilentLimit: -1, BeatLimit: -1,
		OnLine: func(line workload.Line) {
			if len(o.lines) < maxLines {
				o.lines = append(o.lines, line)
			}
			if s.stopWhen != nil && s.stopWhen(line) {
				stop(run.ErrPreempted)
			}
		},
	})
	if err != nil {
		return nil, err
	}
	if errors.Is(context.Cause(ctx), errTooLong) {
		return nil, fmt.Errorf("%s: %w of %s", s.command, errTooLong, k.options.Limit)
	}
	if at := told.Load(); at > 0 {
		o.stopped = report.Exit.Ended.Sub(time.Unix(0, at))
	}
	o.Report = report
	return o, nil
}

var errTooLong = errors.New("did not end within the limit")

// attempt makes the folder of a run.
func (k *kit) attempt(number int64, s spec) (*workload.Attempt, error) {
	params, err := json.Marshal(s.params)
	if err != nil {
		return nil, fmt.Errorf("write params of %s: %w", s.command, err)
	}
	parent := filepath.Join(k.runsFolder(), fmt.Sprintf("%04d-%s", number, s.command))
	if err := os.Mkdir(parent, 0o755); err != nil {
		return nil, err
	}
	request := workload.Request{
		Contract: workload.Contract, JobID: s.job, Attempt: 1, Command: s.command, ConfigKey: s.config, Seed: s.seed,
		IssuedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Limits: s.limits, Inputs: s.inputs, ResumeFrom: s.resume,
		PlanVersion: "check", Params: params,
	}
	fill(&request.JobID, fmt.Sprintf("check-%04d", number))
	fill(&request.ConfigKey, k.config.Key)
	fill(&request.Seed, 1)
	fill(&request.Limits.CPU, 1)
	if s.resume != nil {
		request.Attempt = 2
	}
	if request.Inputs == nil {
		request.Inputs = []workload.Input{}
	}
	if s.deadline > 0 {
		request.Deadline = time.Now().Add(s.deadline).Truncate(time.Second)
	}
	return workload.NewAttempt(filepath.Join(parent, attemptFolder), request)
}
