package autopromotion

import (
	"context"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
)

// recount adds up what the ledger holds of an evaluation, by opponent: the matches that ratings are computed from, which
// were counted from the files of the games, after these were replayed.
func recount(ctx context.Context, l *ledger.Ledger, evaluated pipeline.Evaluated) (map[string]*promotion.Recount, error) {
	counted := map[string]*promotion.Recount{}
	page := ledger.Page{Limit: 1000}
	for {
		part, err := l.MatchesOf(ctx, evaluated.EvaluationID, page)
		if err != nil {
			return nil, err
		}
		for _, match := range part.Items {
			add(counted, match, evaluated.ModelID)
		}
		if part.Next == "" {
			break
		}
		page.After = part.Next
	}
	if evaluated.AuditJobID != "" { // an evaluation with a game that does not follow from its moves is not kept
		for _, one := range counted {
			one.ReplayErrors = new(int64)
		}
	}
	return counted, nil
}

// add counts a match that the candidate has one seat of.
func add(counted map[string]*promotion.Recount, match ledger.Match, candidate string) {
	seat := slices.Index(match.Participants, candidate)
	if seat < 0 {
		return
	}
	opponent := match.Participants[(seat+1)%len(match.Participants)]
	if counted[opponent] == nil {
		counted[opponent] = &promotion.Recount{}
	}
	score := &counted[opponent].Score
	score.Players = len(match.Participants)
	for _, outcome := range match.Outcomes {
		switch {
		case slices.Max(outcome.Ranks) == 1:
			score.Draws += outcome.Games
		case outcome.Ranks[seat] == 1:
			score.Wins += outcome.Games
		default:
			score.Losses += outcome.Games
		}
	}
}
