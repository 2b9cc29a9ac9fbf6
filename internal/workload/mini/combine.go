package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

const (
	holdoutName     = "holdout.npz"
	holdoutFraction = 0.1
	maxCombined     = 20_000_000 // samples of all sources together: each costs some 20 bytes of memory
	maxRepeatBound  = 100
)

// combiner mixes datasets. A weight of w gives each sample w copies on average, at most max_repeat.
type combiner struct {
	task    *adapter.Task
	rules   *game.Rules
	params  workload.CombineParams
	sources []combineSource
	games   map[draw]bool // every game: whether it is held out
	seen    map[draw]bool // samples taken
	thin    float64       // the share of copies that max_samples leaves
	train   *dataset.Writer
	holdout *dataset.Writer
	metrics workload.CombineMetrics
}

// combineSource is a dataset that fits.
type combineSource struct {
	name, path string
	copies     float64
	rows       int
}

// combine mixes the samples of several datasets and keeps a share of the games apart as holdout.
func combine(ctx context.Context, task *adapter.Task) (any, error) {
	c, err := newCombiner(task)
	if err != nil {
		return nil, err
	}
	width, err := c.survey(ctx)
	if err != nil {
		return nil, err
	}
	if c.train, err = dataset.NewWriter(task.Request.OutputDir, c.rules, width); err != nil {
		return nil, err
	}
	defer c.train.Close()
	if c.holdout, err = dataset.NewWriter(task.Request.OutputDir, c.rules, width); err != nil {
		return nil, err
	}
	defer c.holdout.Close()
	for i, source := range c.sources {
		if err := task.Pace(ctx); err != nil {
			return nil, err
		}
		if err := c.each(ctx, source, func(row *dataset.Row) error { return c.take(source, row) }); err != nil {
			return nil, err
		}
		task.Progress(float64(i+1), float64(len(c.sources)), "files", nil)
	}
	return c.finish()
}

func newCombiner(task *adapter.Task) (*combiner, error) {
	c := &combiner{task: task, games: map[draw]bool{}, seen: map[draw]bool{}}
	if err := task.Params(&c.params); err != nil {
		return nil, err
	}
	p := c.params
	switch {
	case len(p.Datasets) == 0:
		return nil, badRequest("datasets: give at least one")
	case p.MaxSamples < 0:
		return nil, badRequest("max_samples = %d: use 0 (all) or more", p.MaxSamples)
	case p.MaxRepeat < 0 || p.MaxRepeat > maxRepeatBound:
		return nil, badRequest("max_repeat = %d: use 0 (the default, 1) to %d", p.MaxRepeat, maxRepeatBound)
	case p.HoldoutFraction != -1 && !(p.HoldoutFraction >= 0 && p.HoldoutFraction < 1):
		return nil, badRequest("holdout_fraction = %g: use 0 (the default, %g) to below 1, or -1 for none", p.HoldoutFraction, holdoutFraction)
	}
	for _, source := range p.Datasets {
		if !(source.Weight >= 0 && source.Weight <= maxRepeatBound) {
			return nil, badRequest("datasets.weight = %g: use 0 (the default, 1) to %d", source.Weight, maxRepeatBound)
		}
	}
	c.metrics.SamplesBySource = map[string]int64{}
	var err error
	c.rules, err = rulesOf(task)
	return c, err
}

// survey reads all sources once: which of them fit, which games they hold, and how many samples there will be.
func (c *combiner) survey(ctx context.Context) (idWidth int, err error) {
	planned := 0.0
	for _, given := range c.params.Datasets {
		source, width, err := c.open(given)
		if errors.Is(err, dataset.ErrIncompatible) {
			c.metrics.Skipped = append(c.metrics.Skipped, fmt.Sprintf("%s: %v", given.Input, err))
			continue
		}
		if err != nil {
			return 0, badInput(given.Input, err)
		}
		idWidth = max(idWidth, width)
		planned += source.copies * float64(source.rows)
		c.sources = append(c.sources, source)
		if err := c.each(ctx, source, func(row *dataset.Row) error { c.games[c.lot(row.GameID, -1)] = false; return nil }); err != nil {
			return 0, err
		}
	}
	c.thin = 1
	if limit := float64(c.params.MaxSamples); limit > 0 {
		c.thin = min(1, limit/max(planned, 1))
	}
	c.holdOut()
	return idWidth, nil
}

func (c *combiner) open(given workload.CombineSource) (source combineSource, idWidth int, err error) {
	path, err := input(c.task, "datasets.input", given.Input, workload.RoleDataset)
	if err != nil {
		return source, 0, err
	}
	reader, err := dataset.Open(path, c.rules)
	if err != nil {
		return source, 0, err
	}
	copies := min(orDefault(given.Weight, 1), float64(orDefault(c.params.MaxRepeat, 1)))
	source = combineSource{given.Input, path, copies, reader.Rows()}
	if source.rows > maxCombined {
		err = badRequest("datasets: %q has %d samples: combine at most %d", given.Input, source.rows, maxCombined)
	}
	return source, reader.IDWidth(), errors.Join(err, reader.Close())
}

// each calls yield for every row of a source.
func (c *combiner) each(ctx context.Context, source combineSource, yield func(*dataset.Row) error) error {
	reader, err := dataset.Open(source.path, c.rules)
	if err != nil {
		return badInput(source.name, err)
	}
	err = reader.Each(func(row *dataset.Row) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return yield(row)
	})
	return badInput(source.name, errors.Join(err, reader.Close()))
}

func (c *combiner) finish() (any, error) {
	if c.metrics.Samples == 0 {
		return nil, tooLittle("nothing to combine: %d of %d datasets could be used (%q)", len(c.sources), len(c.params.Datasets), c.metrics.Skipped)
	}
	c.task.Count("samples", c.metrics.Samples)
	if err := writeDataset(c.task, workload.RoleDataset, datasetName, c.train); err != nil {
		return nil, err
	}
	if orOff(c.params.HoldoutFraction, holdoutFraction) == 0 {
		return c.metrics, nil
	}
	return c.metrics, writeDataset(c.task, workload.RoleHoldout, holdoutName, c.holdout)
}
