package evaluation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// verdictValid is that of the decision that an evaluation counts, which holds it.
const verdictValid = "valid"

// evaluating is the work of the stage EVALUATING.
type evaluating struct {
	workloads workload.Set
	settings  func() Settings
	jobs      jobs.Workflows // nil: nobody says how far a job is
	stuck     *stuck
}

var (
	_ pipeline.Work    = (*evaluating)(nil)
	_ pipeline.Teller  = (*evaluating)(nil)
	_ pipeline.Audited = (*evaluating)(nil)
	_ pipeline.Watcher = (*evaluating)(nil)
)

// Prepare implements pipeline.Work.
func (e *evaluating) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	trained, err := pipeline.Result[pipeline.Trained](ctx, session.Ledger(), order.ConfigKey, order.Iteration, spec.StageTraining)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	inputs, err := players(ctx, session.Ledger(), order.ConfigKey, trained.ModelID)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	job, err := e.job(order, inputs)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	request, err := pipeline.RequestOf(ledger.Job{JobSpec: job})
	if err != nil {
		return ledger.JobSpec{}, err
	}
	plan, err := planOf(order.ConfigKey, request)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	known, err := session.Ledger().Decision(ctx, pipeline.DecisionEvaluation, plan.id)
	if errors.Is(err, ledger.ErrNotFound) {
		return job, nil
	}
	if err != nil {
		return ledger.JobSpec{}, err
	}
	result, told, err := e.conclude(ctx, session, order, known)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	return ledger.JobSpec{}, pipeline.Done(result, told...)
}

func (e *evaluating) job(order ledger.Stage, inputs []jobs.Input) (ledger.JobSpec, error) {
	w, config, err := e.workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	settings := e.settings()
	if err := settings.Policy.Validate(); err != nil {
		return ledger.JobSpec{}, pipeline.Wait("policy: %v", err)
	}
	baselines, absent := settings.baselines(w.Manifest)
	if absent != "" {
		return ledger.JobSpec{}, pipeline.Wait("policy: it asks for baseline %s, which workload %s does not have", absent, w.Manifest.Name)
	}
	return pipeline.Job(w, workload.Evaluate, pipeline.JobOptions{
		Params: settings.params(baselines, config.Players, w.Manifest.DefaultHarness(), len(inputs) > 1), Inputs: inputs, PlanVersion: settings.Policy.Protocol,
		SeedFrom: pipeline.JobKey(order), // another attempt plays other games
	})
}

// Finish implements pipeline.Work; the games have been replayed.
func (e *evaluating) Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	job, err := session.Ledger().Job(ctx, report.JobID)
	if err != nil {
		return nil, nil, err
	}
	evaluated, err := e.prove(ctx, session.Ledger(), order, job, report)
	if err != nil {
		return nil, nil, err
	}
	inputs, err := json.Marshal(evaluated)
	if err != nil {
		return nil, nil, fmt.Errorf("encode evaluation %s: %w", evaluated.EvaluationID, err)
	}
	kept, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionEvaluation, Key: evaluated.EvaluationID, ConfigKey: order.ConfigKey, Inputs: inputs, Verdict: verdictValid,
		Reason: fmt.Sprintf("%d of %d games are valid, and their moves say what was reported", evaluated.Valid, evaluated.Planned),
	})
	if err != nil {
		return nil, nil, err
	}
	return e.conclude(ctx, session, order, kept)
}

// Began implements pipeline.Teller.
func (e *evaluating) Began(order ledger.Stage, job ledger.Job) (bus.Payload, error) {
	request, err := pipeline.RequestOf(job)
	if err != nil {
		return nil, err
	}
	plan, err := planOf(order.ConfigKey, request)
	if err != nil {
		return nil, err
	}
	return bus.EvaluationStarted{
		Evaluation: plan.event(order.ConfigKey),
		JobID:      job.ID, Opponents: plan.opponents(), GamesPlanned: plan.planned(),
	}, nil
}

// Failed implements pipeline.Teller.
func (e *evaluating) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.EvaluationFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
