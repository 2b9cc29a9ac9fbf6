package dataconsolidation

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// pass ends an order whose files are left as they are.
func (m *merging) pass(ctx context.Context, l *ledger.Ledger, order ledger.Stage, c cut) error {
	passed, err := asTheyAre(ctx, l, c)
	if err != nil {
		return err
	}
	result, told, err := m.result(ctx, l, order, passed)
	if err != nil {
		return err
	}
	return pipeline.Done(result, told...)
}

// Unmet implements pipeline.Unmet: too little to merge is too little for a dataset, and goes into that of the next iteration.
func (m *merging) Unmet(ctx context.Context, session *ledger.Session, order ledger.Stage, jobID, reason string) (any, []bus.Payload, error) {
	c, err := cutOf(ctx, session.Ledger(), order)
	if err != nil {
		return nil, nil, err
	}
	passed, err := asTheyAre(ctx, session.Ledger(), c)
	if err != nil {
		return nil, nil, err
	}
	passed.Verdict, passed.Reason, passed.JobID = spec.VerdictTooFew, reason, jobID
	return m.result(ctx, session.Ledger(), order, passed)
}

// asTheyAre are the files of a cut, counted by the ledger.
func asTheyAre(ctx context.Context, l *ledger.Ledger, c cut) (pipeline.Consolidated, error) {
	earlier := int64(len(c.Earlier)) // nothing takes them out of the files
	passed := pipeline.Consolidated{
		Games: c.Games + earlier, Duplicates: c.Held - c.Games - earlier, Batches: c.batches(), LeftOut: c.left,
	}
	for _, file := range c.files {
		output, err := pipeline.GamesOutput(ctx, l, file)
		if err != nil {
			return passed, err
		}
		passed.Files = append(passed.Files, output)
	}
	return passed, nil
}

// result says whether the games make a dataset, with those of iterations before that had too few.
func (m *merging) result(ctx context.Context, l *ledger.Ledger, order ledger.Stage, merged pipeline.Consolidated) (any, []bus.Payload, error) {
	before := order.Iteration - 1
	required, err := pipeline.Required(ctx, l, order.ConfigKey, before, m.terms(order.ConfigKey))
	if err != nil {
		return nil, nil, err
	}
	left, err := pipeline.Unexported(ctx, l, order.ConfigKey, before)
	if err != nil {
		return nil, nil, err
	}
	if merged.Verdict == "" && merged.Games < required {
		merged.Verdict = spec.VerdictTooFew
	}
	if err := m.spoilt.count(ctx, l, order, merged.Verdict); err != nil {
		return nil, nil, err
	}
	told := bus.ConsolidationComplete{
		StageWork: pipeline.WorkOf(order, merged.JobID), GamesMerged: merged.Games, Duplicates: merged.Duplicates, Invalid: merged.Invalid,
		TotalGames: merged.Games, Verdict: string(merged.Verdict),
	}
	for _, one := range left {
		told.TotalGames += one.Games
	}
	if len(merged.Files) == 1 {
		told.Store = merged.Files[0].Place.String()
	}
	return merged, append([]bus.Payload{told}, pipeline.TellLeftOut(order, merged.JobID, merged.LeftOut)...), nil
}
