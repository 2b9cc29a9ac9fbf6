package evaluation

import (
	"context"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// recount are the games of an evaluation by opponent, each by the candidate's seat, as their file has them.
type recount struct {
	bySeat map[string][]workload.Score
	last   time.Time // when the last game ended
}

// count reads the games that the ledger took from the file of a job's report.
func (p plan) count(ctx context.Context, l *ledger.Ledger, report jobs.Report) (recount, error) {
	counted := recount{bySeat: map[string][]workload.Score{}}
	for _, name := range p.opponents() {
		counted.bySeat[name] = make([]workload.Score, p.players)
	}
	games, err := pipeline.GamesOf(ctx, l, report)
	if err != nil {
		return counted, err
	}
	for _, game := range games {
		if err := p.add(counted, game); err != nil {
			return counted, err
		}
		if game.FinishedAt.After(counted.last) {
			counted.last = game.FinishedAt
		}
	}
	return counted, nil
}

// add counts one game. The candidate has one of its seats, and one opponent all others.
func (p plan) add(counted recount, game ledger.Game) error {
	seat := slices.Index(game.ModelIDs, p.candidate)
	if len(game.ModelIDs) != p.players || seat < 0 {
		return pipeline.Fault("tampered", "game %s was played by %q, without candidate %s", game.ID, game.ModelIDs, p.candidate)
	}
	others := slices.Compact(slices.Delete(slices.Clone(game.ModelIDs), seat, seat+1))
	scores, planned := counted.bySeat[others[0]]
	if len(others) != 1 || !planned {
		return pipeline.Fault("tampered", "game %s was played against %q, which was not planned", game.ID, others)
	}
	score := &scores[seat]
	switch game.Winner {
	case ledger.UnknownWinner:
		return nil // it counts for nobody
	case ledger.Draw:
		score.Draws++
	case int64(seat) + 1:
		score.Wins++
	default:
		score.Losses++
	}
	score.Games++
	return nil
}
