package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/audit"
	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/npz"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// badRequest says which param cannot be used, and what to use instead.
func badRequest(format string, arguments ...any) error {
	return adapter.Fail(workload.ExitBadRequest, fmt.Errorf("params."+format, arguments...))
}

// tooLittle says that there is not enough data yet.
func tooLittle(format string, arguments ...any) error {
	return adapter.Fail(workload.ExitPrecondition, fmt.Errorf(format, arguments...))
}

// badInput gives errors about the contents of an input their exit code, and leaves others as they are.
func badInput(name string, err error) error {
	for _, kind := range []error{store.ErrCorrupt, npz.ErrCorrupt, dataset.ErrIncompatible, audit.ErrUnreadable} {
		if errors.Is(err, kind) {
			return adapter.Fail(workload.ExitBadInput, fmt.Errorf("input %q: %w", name, err))
		}
	}
	return err
}

// rulesOf returns the rules of the request's configuration.
func rulesOf(task *adapter.Task) (*game.Rules, error) {
	rules, err := game.Lookup(task.Request.ConfigKey)
	if err != nil {
		return nil, adapter.Fail(workload.ExitBadRequest, err)
	}
	return rules, nil
}

// lenient makes an output folder that is not there, or takes no files, a reason to try elsewhere and not a fault of
// this program.
func lenient(run adapter.Run) adapter.Run {
	return func(ctx context.Context, task *adapter.Task) (any, error) {
		metrics, err := run(ctx, task)
		var failed *fs.PathError
		if errors.As(err, &failed) && errors.Is(failed, fs.ErrNotExist) && strings.HasPrefix(failed.Path, task.Request.OutputDir) {
			err = adapter.Fail(workload.ExitTransient, err)
		}
		return metrics, err
	}
}
