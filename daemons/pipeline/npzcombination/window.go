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

// unusable says why a dataset cannot be mixed with the newest one. That itself is waited for.
func unusable(ctx context.Context, l *ledger.Ledger, one, newest pipeline.Exported) (string, error) {
	if one.EncoderVersion != newest.EncoderVersion {
		return fmt.Sprintf("its encoder is %q, not %q", one.EncoderVersion, newest.EncoderVersion), nil
	}
	spoilt, err := l.Spoilt(ctx, one.Dataset.SHA256.String())
	if err != nil || spoilt != "" {
		return spoilt, err
	}
	holders, err := l.Holders(ctx, one.Dataset.SHA256.String())
	switch {
	case err != nil || len(holders) > 0:
		return "", err
	case one.DatasetID == newest.DatasetID:
		return "", pipeline.Wait("no node has the dataset %s", one.DatasetID)
	}
	return "no node has it", nil
}
