package trainingtrigger

import (
	"context"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// sound ends the iteration if its dataset is corrupt for ever: to combine the same again would not help, and the next one
// combines others. A holdout that is corrupt is done without.
func (c *candidacy) sound(ctx context.Context, l *ledger.Ledger) error {
	reason, err := l.Spoilt(ctx, c.combined.Dataset.SHA256.String())
	if err != nil {
		return err
	}
	if reason != "" {
		left := []pipeline.LeftOut{{Iteration: c.order.Iteration, SHA256: c.combined.Dataset.SHA256.String(), Reason: reason}}
		return pipeline.Done(pipeline.Trained{
			Verdict: spec.VerdictTooFew, LeftOut: left,
			Reason: fmt.Sprintf("dataset: %s is corrupt, and there is no good copy: %s", c.combined.DatasetID, reason),
		}, pipeline.TellLeftOut(c.order, "", left)...)
	}
	if c.combined.Holdout == nil {
		return nil
	}
	if reason, err = l.Spoilt(ctx, c.combined.Holdout.SHA256.String()); reason != "" {
		c.combined.Holdout = nil
	}
	return err
}

// Suspects implements pipeline.Suspecting: a parent is what all others are trained from, and nothing does without it.
func (*training) Suspects(request jobs.Request) []jobs.Input {
	dataset, found := pipeline.InputOf(request, inputDataset)
	if !found {
		return nil
	}
	return []jobs.Input{dataset}
}

// Only implements pipeline.Suspecting.
func (*training) Only(request jobs.Request, others []jobs.Input) (jobs.Request, error) {
	rest := slices.DeleteFunc(slices.Clone(request.Inputs), func(input jobs.Input) bool { return input.Name == inputDataset })
	request.Inputs = append(slices.Clone(others), rest...)
	return request, nil
}

// Unmet implements pipeline.Unmet: what is too little to train on does not become more by waiting.
func (*training) Unmet(_ context.Context, _ *ledger.Session, _ ledger.Stage, jobID, reason string) (any, []bus.Payload, error) {
	return pipeline.Trained{Verdict: spec.VerdictTooFew, Reason: "dataset: " + reason, JobID: jobID}, nil, nil
}
