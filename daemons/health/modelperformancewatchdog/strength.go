package modelperformancewatchdog

import (
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
)

// window is how many measurements of a model are remembered, the newest.
const window = 5

// measurement is what came of a model's games against the baseline in one evaluation or tournament.
type measurement struct {
	Source string       `json:"source"`
	Score  rating.Score `json:"score"`
	At     time.Time    `json:"at"`
}

// strengths are the measurements of each model, the newest last. The matches come in the order in which they were played.
func strengths(matches []ledger.Match) map[string][]measurement {
	found := map[string][]measurement{}
	for _, match := range matches {
		seat, ok := challenger(match.Participants)
		if !ok {
			continue
		}
		model := match.Participants[seat]
		of := found[model]
		at := slices.IndexFunc(of, func(one measurement) bool { return one.Source == match.Source })
		if at < 0 {
			of = append(of, measurement{Source: match.Source, Score: rating.Score{Players: len(match.Participants)}, At: match.PlayedAt})
			of = of[max(0, len(of)-window):]
			at = len(of) - 1
		}
		count(&of[at].Score, match.Outcomes, seat)
		found[model] = of
	}
	return found
}

// challenger is the seat of the one player who meets the baseline in all others.
func challenger(participants []string) (seat int, ok bool) {
	seat = slices.IndexFunc(participants, func(name string) bool { return name != promotion.Heuristic })
	if seat < 0 || len(participants) < 2 {
		return 0, false
	}
	for i, name := range participants {
		if i != seat && name != promotion.Heuristic {
			return 0, false
		}
	}
	return seat, true
}

func count(score *rating.Score, outcomes []ledger.Outcome, seat int) {
	for _, outcome := range outcomes {
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
