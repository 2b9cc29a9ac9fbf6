package trainingtrigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// candidacy is a candidate that may be trained: who wants it, from what, and by which settings.
type candidacy struct {
	order    ledger.Stage
	settings Settings
	plan     feedback.Plan // as it holds now
	combined pipeline.Combined
	parent   ledger.Model
	// quality is what the nodes say of the newest games; nil: nobody has judged any.
	quality *quality.Standing
}

// replanPatience is how long another plan is waited for after a training that has diverged.
const replanPatience = time.Minute

// key is that of the decision to train: no two iterations share dataset and parent.
func (c candidacy) key() string { return c.combined.DatasetID + "/" + c.parent.ID }

// gate is one condition. It returns nil if it is open, and otherwise what follows: pipeline.Wait or tooFew.
type gate func(context.Context, *ledger.Ledger, candidacy) error

// gates are in the order in which they are asked.
func gates() []gate {
	return []gate{notRunning, notPaused, replanned, noEvaluationBackpressure, cooledDown, newDataset, goodEnough, enoughSamples, freeSlot, freeDisk}
}

func check(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	for _, open := range gates() {
		if err := open(ctx, l, c); err != nil {
			return err
		}
	}
	return nil
}

// tooFew ends the iteration without a candidate.
func tooFew(format string, args ...any) error {
	return pipeline.Done(pipeline.Trained{Verdict: spec.VerdictTooFew, Reason: fmt.Sprintf(format, args...)})
}

func notRunning(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	running, err := trainJobs(ctx, l, c.order.ConfigKey)
	if err != nil || len(running) == 0 {
		return err
	}
	return pipeline.Wait("running: job %s still trains a model of this configuration", running[0].ID)
}

// trainJobs are those that are not over; of all configurations if none is named.
func trainJobs(ctx context.Context, l *ledger.Ledger, configKey string) ([]ledger.Job, error) {
	filter := ledger.JobFilter{
		Kind: string(workload.Train), ConfigKey: configKey, Statuses: []ledger.Status{ledger.Waiting, ledger.Pending, ledger.Claimed, ledger.Running},
	}
	list, err := l.Jobs(ctx, filter, ledger.Page{Limit: 1000})
	return list.Items, err
}

func notPaused(_ context.Context, _ *ledger.Ledger, c candidacy) error {
	switch {
	case slices.Contains(c.settings.Paused, c.order.ConfigKey):
		return pipeline.Wait("paused: the settings hold the training of this configuration")
	case c.plan.Paused():
		return pipeline.Wait("paused: plan %s holds the training: %s", c.plan.Version, strings.Join(c.plan.Why(), "; "))
	}
	return nil
}

// replanned gives FEEDBACK_LOOP the time to make another plan after a training that has diverged: by the same one it would
// do so again.
func replanned(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	if c.order.Attempt == 1 || c.plan.Version == "" {
		return nil // it is the first one, or nobody makes plans
	}
	attempts, err := l.StagesOf(ctx, c.order.ConfigKey, c.order.Iteration)
	if err != nil {
		return err
	}
	now, err := l.Now(ctx)
	if err != nil {
		return err
	}
	for _, one := range attempts {
		if one.Stage != c.order.Stage || one.Attempt != c.order.Attempt-1 || one.ErrorClass != pipeline.ClassDiverged {
			continue
		}
		if until := one.EndedAt.Add(replanPatience); c.plan.MadeAt.Before(one.EndedAt) && now.Before(until) {
			return pipeline.Wait("plan: attempt %d has diverged by plan %s: another one is waited for until %s", one.Attempt, c.plan.Version, until.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// noEvaluationBackpressure holds back what would have to wait for its evaluation anyhow.
func noEvaluationBackpressure(ctx context.Context, l *ledger.Ledger, _ candidacy) error {
	pressure, err := pipeline.EvaluationPressure(ctx, l)
	if err != nil || pressure.Level != pipeline.EvaluationHigh {
		return err
	}
	return pipeline.Wait("evaluation backpressure: since %s too many evaluations are open, %d then",
		pressure.ChangedAt.UTC().Format(time.RFC3339), pressure.Depth)
}

func cooledDown(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	if c.settings.Cooldown == off {
		return nil
	}
	filter := ledger.JobFilter{Kind: string(workload.Train), ConfigKey: c.order.ConfigKey, Statuses: []ledger.Status{ledger.Completed}}
	last, err := l.Jobs(ctx, filter, ledger.Page{Limit: 1})
	if err != nil || len(last.Items) == 0 {
		return err
	}
	now, err := l.Now(ctx)
	if err != nil {
		return err
	}
	until := last.Items[0].FinishedAt.Add(c.settings.Cooldown)
	if now.Before(until) {
		return pipeline.Wait("cooldown: until %s", until.UTC().Format(time.RFC3339))
	}
	return nil
}

func newDataset(ctx context.Context, l *ledger.Ledger, c candidacy) error {
	made, err := l.Decision(ctx, pipeline.DecisionTraining, c.key())
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.ours(made)
}

func enoughSamples(_ context.Context, _ *ledger.Ledger, c candidacy) error {
	if have, need := c.combined.Samples, c.settings.MinSamples; have < need {
		return tooFew("samples: dataset %s has %d, at least %d are needed", c.combined.DatasetID, have, need)
	}
	return nil
}
