package main

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/training"
)

// Defaults of distillation.
const (
	distillTemperature = 2.0
	distillAlpha       = 0.8
)

// The decimals of a student's weights that are kept: a file is small by few weights and by few digits, and more of these
// change no move. Those of the value are smaller, and nearly equal positions hang on them.
const (
	policyDecimals = 2
	valueDecimals  = 3
)

// studentSpec is what params.student may hold.
type studentSpec struct {
	Architecture string `json:"architecture,omitempty"` // default pattern-small
	Epochs       int    `json:"epochs,omitempty"`
}

// distill teaches a smaller model what a larger one thinks of positions.
func distill(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.DistillParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	spec, err := studentOf(params)
	if err != nil {
		return nil, err
	}
	teacher, hash, err := loadModel(task, rules, "teacher", params.Teacher)
	if err != nil {
		return nil, err
	}
	student, err := model.New(rules, orDefault(spec.Architecture, model.PatternSmall))
	if err != nil {
		return nil, badRequest("student.%w", err)
	}
	student.Generation, student.Parent = teacher.Generation, hash
	samples, err := teach(ctx, task, rules, params, spec, teacher, student)
	if err != nil {
		return nil, err
	}
	if err := student.Silence(rules); err != nil {
		return nil, err
	}
	student.Round(policyDecimals, valueDecimals)
	if params.Holdout != "" {
		if samples, err = loadSamples(task, rules, "holdout", params.Holdout, 1); err != nil {
			return nil, err
		}
	}
	metrics, err := compare(teacher, student, samples)
	if err != nil {
		return nil, err
	}
	times, err := timesOf(task, rules, params, student, teacher)
	if err != nil {
		return nil, err
	}
	metrics.LatencyRatio, metrics.LatencyLow, metrics.LatencyHigh = times.Ratio, times.Low, times.High
	return metrics, writeModel(task, student)
}

// timesOf compares how long student and teacher take, on what they are compared on.
func timesOf(task *adapter.Task, rules *game.Rules, params workload.DistillParams, student, teacher *model.Model) (latency, error) {
	name := cmp.Or(params.Holdout, params.Positions)
	path, err := task.Input("holdout", name, workload.RoleDataset, workload.RoleHoldout)
	if err != nil {
		return latency{}, err
	}
	positions, err := positionsOf(path, rules)
	if err != nil {
		return latency{}, badInput(name, err)
	}
	return compareTimes(rules, positions, student, teacher, params.LatencyBound)
}

// studentOf checks the params.
func studentOf(params workload.DistillParams) (spec studentSpec, err error) {
	document, err := json.Marshal(params.Student)
	if err != nil {
		return spec, err
	}
	if len(params.Student) > 0 {
		if err := workload.DecodeStrict(document, &spec); err != nil {
			return spec, badRequest("student: %w", err)
		}
	}
	switch {
	case !(params.T >= 0):
		return spec, badRequest("T = %g: use 0 (the default, %g) or more", params.T, distillTemperature)
	case !(params.Alpha >= 0 && params.Alpha <= 1):
		return spec, badRequest("alpha = %g: use 0 (the default, %g) to 1", params.Alpha, distillAlpha)
	}
	return spec, nil
}

// teach trains the student.
func teach(ctx context.Context, task *adapter.Task, rules *game.Rules, params workload.DistillParams, spec studentSpec, teacher, student *model.Model) (*training.Samples, error) {
	samples, err := loadSamples(task, rules, "positions", params.Positions, minSamples)
	if err != nil {
		return nil, err
	}
	fits, err := training.Teach(teacher, samples, orDefault(params.T, distillTemperature), orDefault(params.Alpha, distillAlpha))
	if err != nil {
		return nil, err
	}
	if !fits {
		return nil, badRequest("positions: %d samples are more than distill can hold: export fewer by max_samples", samples.Rows())
	}
	run := &training.Run{Train: samples, Settings: training.Settings{
		Epochs: orDefault(spec.Epochs, 2*trainEpochs), BatchSize: trainBatch, LR: trainRate, Schedule: training.Cosine, Seed: uint64(task.Request.Seed),
	}}
	if err := run.Settings.Check(); err != nil {
		return nil, badRequest("student.%w", err)
	}
	run.Watch = func(state *training.State) error {
		task.Progress(float64(state.Epoch), float64(run.Settings.Epochs), "epochs", nil)
		return task.Pace(ctx)
	}
	if _, err := run.Start(student, ""); err != nil {
		return nil, err
	}
	if err := run.Continue(ctx); err != nil {
		return nil, err
	}
	_, err = run.Finish(student)
	return samples, err
}

// compare tells how much of the teacher the student has, and how much smaller it is.
func compare(teacher, student *model.Model, samples *training.Samples) (workload.DistillMetrics, error) {
	agreement, err := training.Compare(teacher, student, samples)
	if err != nil {
		return workload.DistillMetrics{}, err
	}
	metrics := workload.DistillMetrics{Correlation: agreement.Correlation, SignAgreement: agreement.Sign}
	var sizes [2]float64
	for i, m := range []*model.Model{student, teacher} {
		data, err := m.Encode()
		if err != nil {
			return metrics, adapter.Fail(workload.ExitDiverged, err)
		}
		sizes[i] = float64(len(data))
	}
	metrics.SizeRatio = sizes[0] / sizes[1]
	return metrics, nil
}
