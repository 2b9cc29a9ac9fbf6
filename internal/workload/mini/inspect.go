package main

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/audit"
)

// inspect tells facts of a file, recomputed from it.
func inspect(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.InspectParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	path, err := input(task, "file", params.File, workload.RoleGames, workload.RoleDataset, workload.RoleHoldout, workload.RoleModel)
	if err != nil {
		return nil, err
	}
	options, err := auditOptions(params)
	if err != nil {
		return nil, err
	}
	file, err := task.Request.Input(params.File)
	if err != nil {
		return nil, err
	}
	if err := task.Pace(ctx); err != nil {
		return nil, err
	}
	metrics, err := look(ctx, path, file.Role, task.Request.ConfigKey, options)
	if errors.Is(err, audit.ErrTooMany) {
		return nil, badRequest("list_ids: %w", err)
	}
	if err != nil {
		return nil, badInput(params.File, err)
	}
	return metrics, nil
}

func look(ctx context.Context, path string, role workload.Role, configKey string, options audit.Options) (workload.InspectMetrics, error) {
	switch role {
	case workload.RoleGames:
		return audit.Games(ctx, path, configKey, options)
	case workload.RoleModel:
		return audit.Model(path, configKey)
	}
	return audit.Dataset(path, configKey, role, options)
}

func auditOptions(params workload.InspectParams) (audit.Options, error) {
	options := audit.Options{Verify: params.Verify, ListIDs: params.ListIDs}
	if !(params.Verify >= 0 && params.Verify <= 1) {
		return options, badRequest("verify = %g: use 0 to 1", params.Verify)
	}
	var err error
	options.Since, err = timeParam("since", params.Since)
	return options, err
}

// timeParam reads a time; without text it is the zero time.
func timeParam(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, badRequest("%s = %q: use a time as in 2006-01-02T15:04:05Z", field, text)
	}
	return at, nil
}
