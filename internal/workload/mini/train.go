package main

import (
	"context"
	"errors"
	"math"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/training"
)

// Defaults of training.
const (
	trainEpochs    = 10
	trainBatch     = 8
	trainRate      = 0.03
	trainPatience  = 3
	checkpointTime = 30.0 // seconds
	minSamples     = 16
)

// train makes the next generation of a model.
func train(ctx context.Context, task *adapter.Task) (any, error) {
	var params workload.TrainParams
	if err := task.Params(&params); err != nil {
		return nil, err
	}
	rules, err := rulesOf(task)
	if err != nil {
		return nil, err
	}
	run, err := newTraining(task, rules, params)
	if err != nil {
		return nil, err
	}
	m, err := parentOf(task, rules, params)
	if err != nil {
		return nil, err
	}
	keeper, err := startTraining(ctx, task, run, m, params)
	if err != nil {
		return nil, err
	}
	ended := run.Continue(ctx)
	if errors.Is(ended, training.ErrDiverged) {
		return nil, adapter.Fail(workload.ExitDiverged, ended)
	}
	if ended != nil {
		if err := keeper.keep(); err != nil {
			return nil, err
		}
	}
	if ended != nil && (!errors.Is(ended, adapter.ErrDeadline) || keeper.state.Epoch == 0) {
		return nil, ended
	}
	report, err := run.Finish(m)
	if err != nil {
		return nil, err
	}
	task.Count("epochs", int64(report.Epochs))
	return trainMetrics(report), errors.Join(writeModel(task, m), ended)
}

// newTraining opens the samples and checks the settings.
func newTraining(task *adapter.Task, rules *game.Rules, params workload.TrainParams) (*training.Run, error) {
	run := &training.Run{Settings: training.Settings{
		Epochs:    orDefault(params.Epochs, trainEpochs),
		BatchSize: orDefault(params.BatchSize, trainBatch),
		LR:        orDefault(params.LR, trainRate),
		Schedule:  orDefault(params.LRSchedule, training.Cosine),
		Patience:  orOff(params.EarlyStopPatience, trainPatience),
		Seed:      uint64(task.Request.Seed),
	}}
	if err := run.Settings.Check(); err != nil {
		return nil, badRequest("%w", err)
	}
	if params.CheckpointEveryS != -1 && !(params.CheckpointEveryS >= 0) {
		return nil, badRequest("checkpoint_every_s = %g: use 0 (the default, %g) or more, or -1 for only at the end", params.CheckpointEveryS, checkpointTime)
	}
	if task.Drill.Fault == workload.FaultNaN {
		run.Settings.LR = math.Inf(1)
	}
	var err error
	if run.Train, err = loadSamples(task, rules, "dataset", params.Dataset, minSamples); err != nil {
		return nil, err
	}
	if params.Holdout != "" {
		run.Holdout, err = loadSamples(task, rules, "holdout", params.Holdout, 1)
	}
	return run, err
}

func loadSamples(task *adapter.Task, rules *game.Rules, field, name string, least int) (*training.Samples, error) {
	path, err := input(task, field, name, workload.RoleDataset, workload.RoleHoldout)
	if err != nil {
		return nil, err
	}
	samples, err := training.Load(path, rules)
	if err != nil {
		return nil, badInput(name, err)
	}
	if samples.Rows() < least {
		return nil, tooLittle("input %q has %d samples, at least %d are needed", name, samples.Rows(), least)
	}
	return samples, nil
}

// parentOf returns the model that training starts from, made the next generation.
func parentOf(task *adapter.Task, rules *game.Rules, params workload.TrainParams) (*model.Model, error) {
	if params.Parent == "" {
		m, err := model.New(rules, orDefault(params.Architecture, model.Pattern))
		if err != nil {
			return nil, badRequest("%w", err)
		}
		m.Generation = 1
		return m, nil
	}
	m, hash, err := loadModel(task, rules, "parent", params.Parent)
	if err != nil {
		return nil, err
	}
	if params.Architecture != "" && params.Architecture != m.Architecture {
		return nil, badRequest("architecture = %q: the parent has %q, use that or no parent", params.Architecture, m.Architecture)
	}
	m.Generation, m.Parent = m.Generation+1, hash
	return m, nil
}

// trainMetrics tells a report in the contract's words.
func trainMetrics(report training.Report) workload.TrainMetrics {
	metrics := workload.TrainMetrics{
		TrainLossStart:  report.Start.Train.Total(),
		TrainLossEnd:    report.End.Train.Total(),
		PolicyAccuracy:  &report.End.Train.Accuracy,
		EpochsCompleted: report.Epochs,
		EarlyStopped:    report.EarlyStopped,
		Finite:          true, // anything else has ended the command with 41
	}
	if holdout := report.End.Holdout; holdout != nil {
		start, end := report.Start.Holdout.Total(), holdout.Total()
		metrics.ValLossStart, metrics.ValLossEnd, metrics.PolicyAccuracy = &start, &end, &holdout.Accuracy
	}
	return metrics
}
