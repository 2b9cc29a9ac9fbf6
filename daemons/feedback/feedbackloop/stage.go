package feedbackloop

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// stage is the work of FEEDBACK: what the iteration has shown is in the plan by which the next one is trained.
type stage struct{ planner *planner }

var _ pipeline.Work = (*stage)(nil)

// Prepare implements pipeline.Work: it does all that is to be done.
func (s *stage) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	l := session.Ledger()
	trained, err := pipeline.Result[pipeline.Trained](ctx, l, order.ConfigKey, order.Iteration, spec.StageTraining)
	if err != nil && !errors.Is(err, pipeline.ErrMissing) {
		return ledger.JobSpec{}, err
	}
	plan, err := s.planner.bring(ctx, session, order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	weights, err := feedback.LatestWeights(ctx, l)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	return ledger.JobSpec{}, pipeline.Done(pipeline.Fed{
		PlanBefore: trained.PlanVersion, PlanVersion: plan.Version, WeightsVersion: weights.Version, Causes: plan.Why(),
	})
}

// Finish implements pipeline.Work; there is no job to finish.
func (s *stage) Finish(context.Context, *ledger.Session, ledger.Stage, jobs.Report) (any, []bus.Payload, error) {
	return nil, nil, errors.New("FEEDBACK has no job")
}
