package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Run does one command. It returns the command's metrics, or an error, whose exit code failure.go decides.
// When ctx ends it returns soon: with ErrDeadline and metrics if context.Cause(ctx) is ErrDeadline and its
// outputs so far are worth keeping, else with ctx's error.
type Run func(ctx context.Context, task *Task) (metrics any, err error)

// Program is a workload.
type Program struct {
	// Manifest is the contents of workload.json.
	Manifest []byte
	Commands map[workload.Command]Run
}

// Main runs one command line, `describe` or `<command> --request FILE`, and returns the exit code.
func (p Program) Main(arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) == 1 && workload.Command(arguments[0]) == workload.Describe {
		return p.describe(stdout, stderr)
	}
	if len(arguments) != 3 || arguments[1] != "--request" {
		fmt.Fprintln(stderr, "usage: describe | <command> --request FILE")
		return int(workload.ExitBadRequest)
	}
	err := p.run(workload.Command(arguments[0]), arguments[2], stdout)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", arguments[0], err)
	}
	return int(exitCode(err))
}

func (p Program) describe(stdout, stderr io.Writer) int {
	if _, err := stdout.Write(p.Manifest); err != nil {
		fmt.Fprintln(stderr, "write the manifest:", err)
		return int(workload.ExitInternal)
	}
	return int(workload.ExitDone)
}

func (p Program) run(command workload.Command, path string, stdout io.Writer) error {
	task, err := p.open(command, path, stdout)
	if err != nil {
		return err
	}
	ctx, stop := untilStopped(task.Request.Deadline)
	defer stop()
	defer task.lines.beat()()
	limitSelf(task.Request.Limits)
	if err := task.faultBefore(ctx); err != nil {
		return err
	}
	metrics, err := p.Commands[command](ctx, task)
	return task.finish(metrics, err)
}

// open reads the request and refuses what this workload does not offer.
func (p Program) open(command workload.Command, path string, stdout io.Writer) (*Task, error) {
	manifest, err := workload.ParseManifest(p.Manifest)
	if err != nil {
		return nil, Fail(workload.ExitInternal, err)
	}
	document, err := workload.ReadBounded(path, workload.MaxRequestBytes)
	if err != nil {
		return nil, Fail(workload.ExitBadRequest, err)
	}
	request, err := workload.ParseRequest(document)
	if err != nil {
		return nil, Fail(workload.ExitBadRequest, err)
	}
	if request.Command != command || p.Commands[command] == nil {
		return nil, Fail(workload.ExitBadRequest, fmt.Errorf("command = %q: the command line says %q, this workload has %d others", request.Command, command, len(p.Commands)))
	}
	config, found := manifest.Config(request.ConfigKey)
	if !found {
		return nil, Fail(workload.ExitBadRequest, fmt.Errorf("config_key = %q: use one of the manifest's", request.ConfigKey))
	}
	var drill workload.Drill
	if err := json.Unmarshal(request.Params, &drill); err != nil {
		return nil, Fail(workload.ExitBadRequest, fmt.Errorf("read params: %w", err))
	}
	if drill.Fault != "" && !manifest.Features.Faults {
		return nil, Fail(workload.ExitBadRequest, errors.New("params.fault: this workload shows no faults"))
	}
	if err := drill.Fault.Check(); err != nil {
		return nil, Fail(workload.ExitBadRequest, fmt.Errorf("params.%w", err))
	}
	return &Task{Request: request, Config: config, Drill: drill, folder: filepath.Dir(path), lines: newLines(stdout)}, nil
}

// limitSelf keeps the Go runtime within the request's limits, as far as it can by itself.
func limitSelf(limits workload.Limits) {
	runtime.GOMAXPROCS(limits.CPU)
	if limits.MemMB > 0 {
		debug.SetMemoryLimit(int64(limits.MemMB) << 20 * 8 / 10)
	}
}
