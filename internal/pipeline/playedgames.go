package pipeline

import (
	"context"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// GamesOf returns the games of a report's file. Those that an attempt before it had recorded are in that one's batch, so
// attempts are read from the last one on until there are as many as the file has.
func GamesOf(ctx context.Context, l *ledger.Ledger, report jobs.Report) (all []ledger.Game, err error) {
	file, err := OutputOf(report, workload.RoleGames)
	if err != nil {
		return nil, err
	}
	for attempt := report.Attempt; attempt > 0; attempt-- {
		page := ledger.Page{Limit: 1000}
		for {
			part, err := l.GamesOfBatch(ctx, jobs.BatchID(report.JobID, attempt), page)
			if err != nil {
				return nil, err
			}
			all = append(all, part.Items...)
			if part.Next == "" {
				break
			}
			page.After = part.Next
		}
		if file.Records == nil || int64(len(all)) >= *file.Records {
			break
		}
	}
	return all, nil
}
