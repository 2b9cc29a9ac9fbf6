package datapipeline

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// syncing is SYNCING: the jobs of later stages fetch the games of the cut by their hash, wherever they are. So it waits
// until each file is somewhere where it can be fetched.
type syncing struct{}

// synced is what SYNCING leaves.
type synced struct {
	Files int `json:"files"`
}

// Prepare implements pipeline.Work.
func (syncing) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	l := session.Ledger()
	cut, err := l.Cut(ctx, order.ConfigKey, order.Iteration)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	healthy, err := pipeline.NodesHere(ctx, l)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	missing := 0
	for _, file := range cut {
		holders, err := l.Holders(ctx, file.SHA256)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		if pipeline.Holding(holders, healthy) > 0 {
			continue
		}
		spoilt, err := l.Spoilt(ctx, file.SHA256)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		if spoilt == "" { // else CONSOLIDATING goes on without it
			missing++
		}
	}
	if missing > 0 {
		return ledger.JobSpec{}, pipeline.Wait("%d of %d files of games are on no node that is here", missing, len(cut))
	}
	return ledger.JobSpec{}, pipeline.Done(synced{len(cut)})
}

// Finish implements pipeline.Work; there is no job to finish.
func (syncing) Finish(context.Context, *ledger.Session, ledger.Stage, jobs.Report) (any, []bus.Payload, error) {
	return nil, nil, errors.New("SYNCING has no job")
}
