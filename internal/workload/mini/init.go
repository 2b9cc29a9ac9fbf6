package main

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// modelFile is what every command calls the model it hands over.
const modelFile = "model.json"

// initModel makes a model that knows nothing.
func initModel(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.InitParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	m, err := model.New(rules, orDefault(params.Architecture, model.Pattern))
	if err != nil {
		return nil, badRequest("%w", err)
	}
	if err := task.Pace(ctx); err != nil {
		return nil, err
	}
	return nil, writeModel(task, m)
}

// writeModel hands a model over.
func writeModel(task *adapter.Task, m *model.Model) error {
	data, err := m.Encode()
	if err != nil {
		return adapter.Fail(workload.ExitDiverged, err)
	}
	if err := adapter.WriteFile(task.Path(modelFile), data); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	return task.Output(workload.RoleModel, modelFile, -1)
}

// orDefault returns the value, or what stands for its zero.
func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}

// orOff returns the value, what stands for its zero, or zero for −1, which turns a thing off.
func orOff[T int | float64](value, standard T) T {
	if value == -1 {
		return 0
	}
	return orDefault(value, standard)
}
