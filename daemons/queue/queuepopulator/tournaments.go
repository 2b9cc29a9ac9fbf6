package queuepopulator

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/tournament"
)

// queueTournaments puts the jobs of the tournaments that TOURNAMENT_DAEMON has planned into the queue, one for each, unless
// the queue is full. A job that was told of in the life of this copy is not looked at again.
func (p *populator) queueTournaments(ctx context.Context, session *ledger.Session) error {
	if p.last.level == levelHard {
		return nil
	}
	open, err := tournament.Open(ctx, session.Ledger())
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, plan := range open {
		if !p.tournaments[plan.ID] {
			if err := p.queueTournament(ctx, session, plan); err != nil {
				return err
			}
		}
		told[plan.ID] = true
	}
	p.tournaments = told
	return nil
}

// queueTournament may be repeated: whoever dies between the queue and the event leaves a job that the next copy finds.
func (p *populator) queueTournament(ctx context.Context, session *ledger.Session, plan tournament.Plan) error {
	job, err := session.Ledger().JobByKey(ctx, plan.JobKey())
	if errors.Is(err, ledger.ErrNotFound) {
		submitted, err := session.SubmitJobs(ctx, []ledger.JobSpec{plan.JobSpec()})
		if err != nil {
			return err
		}
		return p.tellQueued(ctx, submitted[0].Job)
	}
	if err != nil {
		return err
	}
	return p.tellQueued(ctx, job)
}
