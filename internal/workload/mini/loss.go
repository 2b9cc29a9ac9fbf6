package main

import (
	"context"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/training"
)

// loss measures a model on a slice of a dataset.
func loss(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.LossParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	if params.First < 0 || params.Count < 0 {
		return nil, badRequest("first = %d, count = %d: use 0 or more", params.First, params.Count)
	}
	m, _, err := loadModel(task, rules, "model", params.Model)
	if err != nil {
		return nil, err
	}
	samples, err := loadSamples(task, rules, "dataset", params.Dataset, 1)
	if err != nil {
		return nil, err
	}
	if params.First >= samples.Rows() {
		return nil, tooLittle("input %q has %d samples, none from number %d on", params.Dataset, samples.Rows(), params.First)
	}
	if err := task.Pace(ctx); err != nil {
		return nil, err
	}
	measured, rows, err := training.Measure(m, samples, params.First, params.Count)
	if err != nil {
		return nil, badInput(params.Dataset, err)
	}
	return workload.LossMetrics{PolicyLoss: measured.Policy, ValueLoss: measured.Value, Samples: int64(rows)}, nil
}
