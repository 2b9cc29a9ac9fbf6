package trainingtrigger

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// verdictTrain is that of the decision that a dataset is trained on, from a parent.
	verdictTrain = "train"

	inputDataset, inputHoldout, inputParent = "dataset", "holdout", "parent"
)

// training is the work of the stage TRAINING.
type training struct {
	workloads workload.Set
	settings  func() Settings
	bus       *bus.Session
}

var (
	_ pipeline.Work       = (*training)(nil)
	_ pipeline.Teller     = (*training)(nil)
	_ pipeline.Watcher    = (*training)(nil)
	_ pipeline.Suspecting = (*training)(nil)
	_ pipeline.Unmet      = (*training)(nil)
)

// decided is what the decision to train was taken from.
type decided struct {
	Iteration int64                `json:"iteration"`
	DatasetID string               `json:"dataset_id"`
	Samples   int64                `json:"samples"`
	ParentID  string               `json:"parent_model_id"`
	Plan      feedback.Plan        `json:"plan"`
	Settings  string               `json:"settings"` // version of the thresholds
	Params    workload.TrainParams `json:"params"`
}

// Prepare implements pipeline.Work.
func (t *training) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	w, _, err := t.workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	l, c := session.Ledger(), candidacy{order: order, settings: t.settings()}
	if c.combined, err = pipeline.Result[pipeline.Combined](ctx, l, order.ConfigKey, order.Iteration, spec.StageCombining); err != nil {
		return ledger.JobSpec{}, err
	}
	if err := c.sound(ctx, l); err != nil {
		return ledger.JobSpec{}, err
	}
	if c.plan, err = plan(ctx, l, order.ConfigKey); err != nil {
		return ledger.JobSpec{}, err
	}
	c.parent, err = pipeline.CanonicalModel(ctx, l, order.ConfigKey)
	if errors.Is(err, ledger.ErrNotFound) {
		return ledger.JobSpec{}, pipeline.Wait("parent: there is no canonical model to train from")
	}
	if err != nil {
		return ledger.JobSpec{}, err
	}
	if c.quality, err = t.qualityOf(ctx, order.ConfigKey); err != nil {
		return ledger.JobSpec{}, err
	}
	if err := check(ctx, l, c); err != nil {
		return ledger.JobSpec{}, err
	}
	if err := c.decide(ctx, session); err != nil {
		return ledger.JobSpec{}, err
	}
	return c.job(ctx, l, w)
}

// plan is that of a configuration as it holds now; one that nobody has made is the neutral one.
func plan(ctx context.Context, l *ledger.Ledger, configKey string) (feedback.Plan, error) {
	latest, err := feedback.Latest(ctx, l, configKey)
	if err != nil {
		return latest, err
	}
	now, err := l.Now(ctx)
	return latest.At(now), err
}

// decide puts it on record that this iteration trains on its dataset, unless another one has.
func (c candidacy) decide(ctx context.Context, session *ledger.Session) error {
	inputs, err := json.Marshal(decided{
		Iteration: c.order.Iteration, DatasetID: c.combined.DatasetID, Samples: c.combined.Samples, ParentID: c.parent.ID,
		Plan: c.plan, Settings: c.settings.Version, Params: c.settings.params(c.plan.Values, c.combined.Holdout != nil),
	})
	if err != nil {
		return fmt.Errorf("encode the decision to train: %w", err)
	}
	made, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionTraining, Key: c.key(), ConfigKey: c.order.ConfigKey, Inputs: inputs, Verdict: verdictTrain, Reason: "all gates are open",
	})
	if err != nil {
		return err
	}
	return c.ours(made)
}

// ours says whether a decision is that of this iteration; each of its attempts may go by it.
func (c candidacy) ours(made ledger.Decision) error {
	var by decided
	if err := json.Unmarshal(made.Inputs, &by); err != nil {
		return fmt.Errorf("read the decision to train %s: %w", made.Key, err)
	}
	if by.Iteration != c.order.Iteration {
		return tooFew("dataset: %s was trained on from the same parent in iteration %d", c.combined.DatasetID, by.Iteration)
	}
	return nil
}

// planVersion names what the hyper-parameters of a run are from: the plan, or the settings alone before there is one.
func (c candidacy) planVersion() string { return cmp.Or(c.plan.Version, c.settings.Version) }

func (c candidacy) job(ctx context.Context, l *ledger.Ledger, w *workload.Workload) (ledger.JobSpec, error) {
	parent, err := pipeline.ModelInput(ctx, l, inputParent, c.parent)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	inputs := []jobs.Input{pipeline.Input(inputDataset, c.combined.Dataset), parent}
	if c.combined.Holdout != nil {
		inputs = append(inputs, pipeline.Input(inputHoldout, *c.combined.Holdout))
	}
	return pipeline.Job(w, workload.Train, pipeline.JobOptions{
		Params: c.settings.params(c.plan.Values, c.combined.Holdout != nil), Inputs: inputs, PlanVersion: c.planVersion(),
		RunLimit: c.settings.RunLimit, SilentLimit: c.settings.SilentLimit,
		SeedFrom: pipeline.JobKey(c.order), // what has diverged is tried with another seed
	})
}

// Began implements pipeline.Teller.
func (t *training) Began(order ledger.Stage, job ledger.Job) (bus.Payload, error) {
	run, err := runOf(order, job)
	return bus.TrainingStarted{TrainingRun: run}, err
}

// Failed implements pipeline.Teller.
func (t *training) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.TrainingFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}

func runOf(order ledger.Stage, job ledger.Job) (bus.TrainingRun, error) {
	request, err := pipeline.RequestOf(job)
	return bus.TrainingRun{
		Config: bus.ConfigOf(order.ConfigKey), RunID: job.ID, Iteration: order.Iteration, Attempt: order.Attempt,
		DatasetID: pipeline.InputID(request, inputDataset), ParentModelID: pipeline.InputID(request, inputParent), PlanVersion: request.PlanVersion,
	}, err
}
