package datapipeline

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// handout is DISTRIBUTING: MODEL_DISTRIBUTION brings a promoted model to the nodes by itself; this waits until enough
// of them have it. The others get it later.
type handout struct{ minNodes int }

// handed is what DISTRIBUTING leaves.
type handed struct {
	ModelID string `json:"model_id"`
	Nodes   int    `json:"nodes"` // that have it
}

// Prepare implements pipeline.Work.
func (h handout) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	l := session.Ledger()
	decided, err := pipeline.Result[pipeline.Decided](ctx, l, order.ConfigKey, order.Iteration, spec.StageDeciding)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	model, err := l.Model(ctx, decided.ModelID)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	holders, err := l.Holders(ctx, model.SHA256)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	here, err := pipeline.NodesHere(ctx, l)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	nodes := pipeline.Holding(holders, here)
	if nodes < h.minNodes {
		return ledger.JobSpec{}, pipeline.Wait("%d of %d nodes have the model", nodes, h.minNodes)
	}
	return ledger.JobSpec{}, pipeline.Done(handed{model.ID, nodes})
}

// Finish implements pipeline.Work; there is no job to finish.
func (handout) Finish(context.Context, *ledger.Session, ledger.Stage, jobs.Report) (any, []bus.Payload, error) {
	return nil, nil, errors.New("DISTRIBUTING has no job")
}
