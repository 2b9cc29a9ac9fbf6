package jobs

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// rebuild ends an attempt that an input was too bad for. While the copies that were proved corrupt are not the only
// ones, the job asks for others, at no cost: each try takes a bad one away. Else its owner has to do without the input.
func (g *grant) rebuild(ctx context.Context, job ledger.Job, report *Report) error {
	spoilt, err := g.failSpoilt(ctx, job)
	if spoilt || err != nil {
		return err
	}
	what := failure(report.Decision)
	if len(report.Corrupt) == 0 {
		_, err = g.session.FailJob(ctx, g.lease, what)
		return err
	}
	_, err = g.session.RequeueJob(ctx, g.lease, ledger.Requeue{Failure: what, Forgive: true})
	return err
}

// failSpoilt fails a job for good if one of its inputs is lost; see ledger.Spoilt.
func (g *grant) failSpoilt(ctx context.Context, job ledger.Job) (spoilt bool, err error) {
	request, err := requestOf(job)
	if err != nil {
		return false, err
	}
	for _, input := range request.Inputs {
		reason, err := g.session.Ledger().Spoilt(ctx, input.SHA256.String())
		if err != nil {
			return false, err
		}
		if reason == "" {
			continue
		}
		message := cut(fmt.Sprintf("input %q is corrupt, and there is no good copy: %s", input.Name, reason))
		_, err = g.session.FailJob(ctx, g.lease, ledger.Failure{Class: classBadInput, Message: message})
		return true, err
	}
	return false, nil
}
