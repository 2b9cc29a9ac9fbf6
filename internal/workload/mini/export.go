package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
	"github.com/ringrift/orchestrator/internal/workload/mini/dataset"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/play"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

const datasetName = "dataset.npz"

// exporter turns games into samples.
type exporter struct {
	task    *adapter.Task
	rules   *game.Rules
	params  workload.ExportParams
	since   time.Time
	seen    map[string]bool // left out, or taken already
	writer  *dataset.Writer
	metrics workload.ExportMetrics
}

// errFull says that there is no room for the samples of another game.
var errFull = errors.New("max_samples reached")

// export makes a sample of every searched move. Games come in the order of the inputs and their ids; the first one
// that would exceed max_samples ends it.
func export(ctx context.Context, task *adapter.Task) (any, error) {
	e, err := newExporter(task)
	if err != nil {
		return nil, err
	}
	width, err := e.idWidth()
	if err != nil {
		return nil, err
	}
	if e.writer, err = dataset.NewWriter(task.Request.OutputDir, e.rules, width); err != nil {
		return nil, err
	}
	defer e.writer.Close()
	for i, name := range e.params.Games {
		if err := task.Pace(ctx); err != nil {
			return nil, err
		}
		if err := eachGame(ctx, task, "games", name, e.add); errors.Is(err, errFull) {
			break
		} else if err != nil {
			return nil, err
		}
		task.Progress(float64(i+1), float64(len(e.params.Games)), "files", nil)
	}
	if e.metrics.Samples == 0 {
		return nil, tooLittle("nothing to export: %d games were left out, none had searched moves", e.metrics.Skipped)
	}
	task.Count("samples", e.metrics.Samples)
	return e.metrics, writeDataset(task, workload.RoleDataset, datasetName, e.writer)
}

func newExporter(task *adapter.Task) (*exporter, error) {
	e := &exporter{task: task}
	if err := task.Params(&e.params); err != nil {
		return nil, err
	}
	p := e.params
	switch {
	case len(p.Games) == 0:
		return nil, badRequest("games: give at least one input")
	case orDefault(p.EncoderVersion, dataset.Encoder) != dataset.Encoder:
		return nil, badRequest("encoder_version = %q: use %s", p.EncoderVersion, dataset.Encoder)
	case p.MaxSamples < 0 || p.Filters.MinMoves < 0:
		return nil, badRequest("max_samples = %d, filters.min_moves = %d: use 0 or more", p.MaxSamples, p.Filters.MinMoves)
	}
	var err error
	if e.rules, err = rulesOf(task); err != nil {
		return nil, err
	}
	if e.since, err = timeParam("filters.since", p.Filters.Since); err != nil {
		return nil, err
	}
	e.seen, err = loadIDs(task, "filters.exclude_ids", p.Filters.ExcludeIDs)
	return e, err
}

// idWidth finds the longest game id of all inputs.
func (e *exporter) idWidth() (int, error) {
	longest := 1
	for _, name := range e.params.Games {
		path, err := input(e.task, "games", name, workload.RoleGames)
		if err != nil {
			return 0, err
		}
		reader, err := store.Open(path)
		if err != nil {
			return 0, badInput(name, err)
		}
		width, err := reader.IDWidth()
		if err := errors.Join(err, reader.Close()); err != nil {
			return 0, badInput(name, err)
		}
		longest = max(longest, width)
	}
	return longest, nil
}

// add writes the samples of one game. One that breaks the rules is left out and told.
func (e *exporter) add(row *store.Game) error {
	record, err := row.Record(e.rules)
	if err != nil {
		e.task.Warn("game %s is left out: %v", row.ID, err)
	}
	if err != nil || e.seen[row.ID] || e.filtered(row) {
		e.metrics.Skipped++
		return nil
	}
	e.seen[row.ID] = true
	if limit := int64(e.params.MaxSamples); limit > 0 && e.metrics.Samples+samplesOf(record) > limit {
		return errFull
	}
	e.metrics.Games++
	return dataset.Rows(e.rules, record, row.ID, func(sample *dataset.Row) error {
		e.metrics.Samples++
		return e.writer.Append(sample)
	})
}

func (e *exporter) filtered(row *store.Game) bool {
	created, err := time.Parse(time.RFC3339, row.CreatedAt)
	return err != nil || created.Before(e.since) || row.TotalMoves < e.params.Filters.MinMoves
}

func samplesOf(record play.Record) (samples int64) {
	for _, move := range record.Moves {
		if move.Visits != nil {
			samples++
		}
	}
	return samples
}

// writeDataset hands samples over.
func writeDataset(task *adapter.Task, role workload.Role, name string, samples *dataset.Writer) error {
	if err := createFile(task.Path(name), samples.Store); err != nil {
		return fmt.Errorf("write %s: %w", role, err)
	}
	return task.Output(role, name, int64(samples.Rows()))
}
