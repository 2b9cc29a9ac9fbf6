package npzcombination

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// source is a dataset and how often its samples are taken.
type source struct {
	pipeline.Exported
	weight float64
}

// window are the datasets that an iteration trains on, the newest first: where two have the same sample, it counts as
// fresh.
type window struct {
	sources []source
	skipped []string
}

// latest is the iteration's own export.
func latest(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (pipeline.Exported, error) {
	newest, err := pipeline.Result[pipeline.Exported](ctx, l, order.ConfigKey, order.Iteration, spec.StageExporting)
	if errors.Is(err, pipeline.ErrMissing) {
		return newest, pipeline.Fault("no_dataset", "the iteration has no dataset of its own")
	}
	return newest, err
}

// lost ends the iteration if no good copy of its own export is left. The games in it are exported again with the next one.
func lost(ctx context.Context, l *ledger.Ledger, order ledger.Stage) error {
	newest, err := latest(ctx, l, order)
	if err != nil {
		return err
	}
	reason, err := l.Spoilt(ctx, newest.Dataset.SHA256.String())
	if err != nil || reason == "" {
		return err
	}
	left := []pipeline.LeftOut{{Iteration: order.Iteration, SHA256: newest.Dataset.SHA256.String(), Reason: reason}}
	return pipeline.Done(pipeline.Combined{
		Verdict: spec.VerdictTooFew, Reason: fmt.Sprintf("dataset %s is corrupt, and there is no good copy: %s", newest.DatasetID, reason),
		LeftOut: left,
	}, pipeline.TellLeftOut(order, "", left)...)
}

// own is the iteration's own export, where it can be fetched: nothing can be done without it.
func own(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (pipeline.Exported, error) {
	newest, err := latest(ctx, l, order)
	if err != nil {
		return newest, err
	}
	return newest, pipeline.Needed(ctx, l, pipeline.Input(newest.DatasetID, newest.Dataset))
}

// windowOf goes back from an iteration to the first one whose dataset is out of the window.
func windowOf(ctx context.Context, l *ledger.Ledger, order ledger.Stage, settings Settings) (window, error) {
	newest, err := latest(ctx, l, order)
	if err != nil {
		return window{}, err
	}
	var (
		w       window
		samples int64
	)
	for iteration := order.Iteration; iteration > 0 && len(w.sources) < settings.MaxDatasets; iteration-- {
		one, err := pipeline.Result[pipeline.Exported](ctx, l, order.ConfigKey, iteration, spec.StageExporting)
		if errors.Is(err, pipeline.ErrMissing) || err == nil && one.DatasetID == "" {
			continue // it had too few games
		}
		if err != nil {
			return w, err
		}
		age := max(0, newest.At.Sub(one.At)) // nodes date exports, and their clocks differ
		if iteration != order.Iteration && settings.outOfWindow(age, samples+one.Samples) {
			break
		}
		reason, err := unusable(ctx, l, one, newest)
		if err != nil {
			return w, err
		}
		if reason != "" {
			w.skipped = append(w.skipped, fmt.Sprintf("%s of iteration %d: %s", one.DatasetID, iteration, reason))
			continue
		}
		samples += one.Samples
		w.sources = append(w.sources, source{one, settings.weight(age)})
	}
	return w, nil
}

// unusable says why a dataset cannot be mixed with the newest one. None is waited for: a node that is away may never come
// back, and its datasets are taken again once it has.
func unusable(ctx context.Context, l *ledger.Ledger, one, newest pipeline.Exported) (string, error) {
	if one.EncoderVersion != newest.EncoderVersion {
		return fmt.Sprintf("its encoder is %q, not %q", one.EncoderVersion, newest.EncoderVersion), nil
	}
	spoilt, err := l.Spoilt(ctx, one.Dataset.SHA256.String())
	if err != nil || spoilt != "" {
		return spoilt, err
	}
	return pipeline.Absent(ctx, l, one.Dataset.SHA256.String())
}
