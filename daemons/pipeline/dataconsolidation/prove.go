package dataconsolidation

import (
	"context"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Finish implements pipeline.Work.
func (m *merging) Finish(ctx context.Context, session *ledger.Session, order ledger.Stage, report jobs.Report) (any, []bus.Payload, error) {
	metrics, err := pipeline.MetricsOf[workload.MergeMetrics](report)
	if err != nil {
		return nil, nil, err
	}
	c, err := cutOf(ctx, session.Ledger(), order)
	if err != nil {
		return nil, nil, err
	}
	if err := prove(metrics, c.CutContent); err != nil {
		return nil, nil, err
	}
	merged := pipeline.Consolidated{
		Games: metrics.Merged, Duplicates: metrics.Duplicates, Invalid: metrics.Invalid, Batches: c.batches(), LeftOut: c.left, JobID: report.JobID,
	}
	if metrics.Merged > 0 {
		file, err := output(report, metrics)
		if err != nil {
			return nil, nil, err
		}
		merged.Files = []jobs.Output{file}
	}
	if metrics.Invalid > 0 && metrics.Merged == 0 && metrics.Duplicates == 0 {
		merged.Verdict = spec.VerdictInvalid
	}
	return m.result(ctx, session.Ledger(), order, merged)
}

// prove compares what a merge says with what the ledger counts in its files. A game that is not over is in no count of
// the ledger; a merge may call it invalid.
func prove(said workload.MergeMetrics, content ledger.CutContent) error {
	switch {
	case said.Merged < 0 || said.Duplicates < 0 || said.Invalid < 0:
		return pipeline.Fault("bad_result", "the merge reports fewer than no games: %+v", said)
	case said.Merged > content.Games:
		return pipeline.Fault("bad_result", "the merge reports %d games, and there are %d that are new", said.Merged, content.Games)
	case said.Merged+said.Duplicates > content.Held, said.Merged+said.Duplicates+said.Invalid < content.Held:
		return pipeline.Fault("bad_result", "the merge reports %d games, %d duplicates and %d invalid ones, and its files hold %d",
			said.Merged, said.Duplicates, said.Invalid, content.Held)
	}
	return nil
}

// output is the file of a merge, if it holds what the merge says: its games were counted when it was stored.
func output(report jobs.Report, said workload.MergeMetrics) (jobs.Output, error) {
	file, err := pipeline.OutputOf(report, workload.RoleGames)
	if err == nil && (file.Records == nil || *file.Records != said.Merged) {
		err = pipeline.Fault("bad_result", "the merge reports %d games, and its file does not hold as many", said.Merged)
	}
	return file, err
}
