package adapter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Task is one command to do. Its methods may be called from several goroutines, but Output and Count only
// from one.
type Task struct {
	Request *workload.Request
	// Config is the one that the request names.
	Config workload.Config
	// Drill is the part of params that every command has.
	Drill workload.Drill

	folder   string // where request and result are
	lines    *lines
	outputs  []workload.Output
	counters map[string]int64
}

// Params reads the params into one of the contract's structs and refuses fields that it does not have.
func (t *Task) Params(params any) error {
	if err := workload.DecodeStrict(t.Request.Params, params); err != nil {
		return Fail(workload.ExitBadRequest, fmt.Errorf("read params of %s: %w", t.Request.Command, err))
	}
	return nil
}

// Input returns the path of an input that params name; field is the name of the param.
func (t *Task) Input(field, name string, roles ...workload.Role) (string, error) {
	input, err := t.Request.Input(name)
	if err != nil {
		return "", Fail(workload.ExitBadRequest, fmt.Errorf("params.%s: %w", field, err))
	}
	for _, role := range roles {
		if input.Role == role {
			return input.Path, present(input)
		}
	}
	return "", Fail(workload.ExitBadRequest, fmt.Errorf("params.%s: the input %q has the role %s, not one of %v", field, name, input.Role, roles))
}

func present(input workload.Input) error {
	info, err := os.Stat(input.Path)
	if err != nil {
		return Fail(workload.ExitBadInput, fmt.Errorf("input %q: %w", input.Name, err))
	}
	if !info.Mode().IsRegular() {
		return Fail(workload.ExitBadInput, fmt.Errorf("input %q: %s is not a file", input.Name, input.Path))
	}
	return nil
}

// Path is where an output of the name goes.
func (t *Task) Path(name string) string { return filepath.Join(t.Request.OutputDir, name) }

// Output hands over a file of the output folder, by its name there; records < 0 means that it has none.
func (t *Task) Output(role workload.Role, name string, records int64) error {
	output, err := t.describe(role, name, records)
	if err != nil {
		return err
	}
	t.outputs = append(t.outputs, output)
	return nil
}

func (t *Task) describe(role workload.Role, name string, records int64) (workload.Output, error) {
	hash, size, err := workload.HashFile(t.Path(name))
	if err != nil {
		return workload.Output{}, fmt.Errorf("hand over %s: %w", name, err)
	}
	output := workload.Output{Role: role, Path: name, SHA256: hash, Bytes: size}
	if records >= 0 {
		output.Records = &records
	}
	return output, nil
}

// Count adds to a counter of the result.
func (t *Task) Count(name string, by int64) {
	if t.counters == nil {
		t.counters = map[string]int64{}
	}
	t.counters[name] += by
}

// Progress tells how far the work is, with more numbers if there are any; total 0 is unknown. Calls may be
// as frequent as one likes.
func (t *Task) Progress(done, total float64, unit string, metrics map[string]float64) {
	t.lines.progress(workload.Line{T: workload.LineProgress, Done: done, Total: total, Unit: unit, Metrics: metrics})
}

// Artifact tells of a finished part that could be used if the rest never came.
func (t *Task) Artifact(role workload.Role, name string, records int64) error {
	output, err := t.describe(role, name, records)
	if err != nil {
		return err
	}
	t.lines.write(workload.Line{T: workload.LineArtifact, Role: role, Path: name, SHA256: output.SHA256, Records: output.Records})
	return nil
}

// Checkpoint tells of a file, written whole, from which another attempt can go on.
func (t *Task) Checkpoint(name string, step int64) error {
	output, err := t.describe(workload.RoleCheckpoint, name, -1)
	if err != nil {
		return err
	}
	t.lines.write(workload.Line{T: workload.LineCheckpoint, Path: name, SHA256: output.SHA256, Step: step})
	return nil
}

// Metric tells one number of a step.
func (t *Task) Metric(name string, value float64, step int64) {
	t.lines.write(workload.Line{T: workload.LineMetric, Name: name, Value: value, Step: step})
}

// Warn tells people of something odd.
func (t *Task) Warn(format string, arguments ...any) {
	t.lines.write(workload.Line{T: workload.LineWarn, Message: fmt.Sprintf(format, arguments...)})
}

// Pace waits as long as a test wants each unit of work to take; it ends early, with the cause, when ctx does.
func (t *Task) Pace(ctx context.Context) error {
	if t.Drill.PaceMS <= 0 {
		return nil
	}
	pause := time.NewTimer(time.Duration(t.Drill.PaceMS) * time.Millisecond)
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// finish writes the result and turns the command's outcome into the program's.
func (t *Task) finish(metrics any, err error) error {
	t.lines.flush()
	switch {
	case err == nil:
		return t.writeResult(workload.StatusOK, metrics)
	case errors.Is(err, ErrDeadline) && metrics != nil:
		if err := t.writeResult(workload.StatusPartial, metrics); err != nil {
			return err
		}
		return errPartial
	}
	return err
}
