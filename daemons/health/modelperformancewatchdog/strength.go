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

// record is what the games of a configuration say, under one harness.
type record struct {
	// measured are the measurements of each model, the newest last.
	measured map[string][]measurement
	// met are all games of one player, alone in its seat, against another one in all other seats.
	met map[[2]string]rating.Score
}

// recordOf reads matches, which come in the order in which they were played.
func recordOf(matches []ledger.Match) record {
	r := record{measured: map[string][]measurement{}, met: map[[2]string]rating.Score{}}
	for _, match := range matches {
		for seat, player := range match.Participants {
			opponent, one := opponentOf(match.Participants, seat)
			if !one {
				continue
			}
			score := r.met[[2]string{player, opponent}]
			score.Players = len(match.Participants)
			count(&score, match.Outcomes, seat)
			r.met[[2]string{player, opponent}] = score
			if opponent == promotion.Heuristic {
				r.measure(player, match, seat)
			}
		}
	}
	return r
}

// measure adds a match to what was measured of a model in one evaluation or tournament.
func (r record) measure(model string, match ledger.Match, seat int) {
	of := r.measured[model]
	at := slices.IndexFunc(of, func(one measurement) bool { return one.Source == match.Source })
	if at < 0 {
		of = append(of, measurement{Source: match.Source, Score: rating.Score{Players: len(match.Participants)}, At: match.PlayedAt})
		of = of[max(0, len(of)-window):]
		at = len(of) - 1
	}
	count(&of[at].Score, match.Outcomes, seat)
	r.measured[model] = of
}

// opponentOf is whom the player in a seat meets in all other seats; false if there are several, or itself.
func opponentOf(participants []string, seat int) (opponent string, one bool) {
	for i, name := range participants {
		switch {
		case i == seat:
		case name == participants[seat], opponent != "" && name != opponent:
			return "", false
		default:
			opponent = name
		}
	}
	return opponent, opponent != ""
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
