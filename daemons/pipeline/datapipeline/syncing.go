package datapipeline

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// syncing is SYNCING: the jobs of later stages fetch the games of the cut by their hash, wherever they are. So it waits
// until each file is somewhere where it can be fetched. Those of a node that may never come back it sets aside after a while.
type syncing struct {
	aside time.Duration // see Config
}

// synced is what SYNCING leaves.
type synced struct {
	Files int `json:"files"`
	Aside int `json:"aside,omitempty"` // files that are left for a later cut
}

// Prepare implements pipeline.Work.
func (s syncing) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	l := session.Ledger()
	cut, err := l.Cut(ctx, order.ConfigKey, order.Iteration)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	here, err := pipeline.NodesHere(ctx, l)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	missing, since, err := absent(ctx, l, cut, here)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	now, err := l.Now(ctx)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	if len(missing) > 0 && !pipeline.AnyHere(here) {
		return ledger.JobSpec{}, pipeline.Wait("no node is here")
	}
	if since.Before(order.OrderedAt) {
		since = order.OrderedAt
	}
	if until := since.Add(s.aside); len(missing) > 0 && now.Before(until) {
		return ledger.JobSpec{}, pipeline.Wait("%d of %d files of games are on no node that is here; the cut goes on without them at %s",
			len(missing), len(cut), until.UTC().Format(time.RFC3339))
	}
	if err := session.SetAside(ctx, order.ConfigKey, order.Iteration, missing); err != nil {
		return ledger.JobSpec{}, err
	}
	return ledger.JobSpec{}, pipeline.Done(synced{len(cut) - len(missing), len(missing)})
}

// absent are the files that nobody can fetch, and since when the last of their nodes is away.
func absent(ctx context.Context, l *ledger.Ledger, cut []ledger.GameFile, here map[string]bool) (missing []string, since time.Time, err error) {
	for _, file := range cut {
		holders, err := l.Holders(ctx, file.SHA256)
		if err != nil {
			return nil, since, err
		}
		if pipeline.Holding(holders, here) > 0 {
			continue
		}
		spoilt, err := l.Spoilt(ctx, file.SHA256)
		if err != nil {
			return nil, since, err
		}
		if spoilt != "" { // CONSOLIDATING goes on without it
			continue
		}
		gone, err := pipeline.AwaySince(ctx, l, file.SHA256)
		if err != nil {
			return nil, since, err
		}
		if missing = append(missing, file.SHA256); gone.After(since) {
			since = gone
		}
	}
	return missing, since, nil
}

// Finish implements pipeline.Work; there is no job to finish.
func (syncing) Finish(context.Context, *ledger.Session, ledger.Stage, jobs.Report) (any, []bus.Payload, error) {
	return nil, nil, errors.New("SYNCING has no job")
}
