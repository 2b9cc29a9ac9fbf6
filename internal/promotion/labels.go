package promotion

import (
	"fmt"
	"strings"
)

// Heuristic is the baseline that labels ask about besides Random.
const Heuristic = "heuristic"

// Label is a tier that a candidate graduates to or not. Labels are reported; they neither open nor close a door.
type Label struct {
	Name      string `json:"name"`
	Earned    bool   `json:"earned"`
	Missing   bool   `json:"missing,omitempty"` // not earned because what it asks about is unknown
	Threshold string `json:"threshold"`
	Reason    string `json:"reason"`
}

// tier is what a label asks for: rates against the baselines.
type tier struct{ random, heuristic float64 }

// labels are the tables 1 to 3 of specs/03 part D.
func labels(e Evidence) []Label {
	graded := []Label{byRating(e), byGames(e), byBoard(e)}
	for i, name := range []string{"rating_tier", "games_tier", "board_tier"} {
		graded[i].Name = name
	}
	return graded
}

// byRating asks for more of stronger candidates.
func byRating(e Evidence) Label {
	if e.CandidateRating == nil {
		return Label{Missing: true, Threshold: Unknown, Reason: "the rating of the candidate is unknown"}
	}
	base := ByPlayers[float64]{0.85, 0.55, 0.45}.For(e.Players)
	hard := ByPlayers[float64]{0.85, 0.45, 0.35}.For(e.Players)
	step := steps(*e.CandidateRating, 1200, 1400, 1600, 1800)
	asked := tier{
		random:    min(max(base*[]float64{0.60, 0.80, 1, 1.1, 1.2}[step], 0.30), 0.95),
		heuristic: min(max(hard*[]float64{0.50, 0.75, 1, 1.15, 1.3}[step], 0.10), 0.85),
	}
	return asked.grade(e, fmt.Sprintf("at %s Elo", elo(*e.CandidateRating)))
}

// byGames asks for more of configs that have more games.
func byGames(e Evidence) Label {
	if e.GamesOwned == nil {
		return Label{Missing: true, Threshold: Unknown, Reason: "it is unknown how many games the config has"}
	}
	step := steps(float64(*e.GamesOwned), 5000, 20_000)
	asked := [][]tier{
		{{0.75, 0.55}, {0.85, 0.65}, {0.90, 0.80}},
		{{0.50, 0.40}, {0.55, 0.45}, {0.60, 0.55}},
		{{0.40, 0.30}, {0.45, 0.35}, {0.50, 0.45}},
	}[min(max(e.Players, 2), 4)-2][step]
	return asked.grade(e, []string{"bootstrap", "standard", "aspirational"}[step])
}

// byBoard asks for what is good on a board; the boards of other workloads have no such figures.
func byBoard(e Evidence) Label {
	board, _, _ := strings.Cut(e.ConfigKey, "_")
	asked, listed := map[string][]tier{
		"hex8":      {{0.90, 0.85}, {0.65, 0.55}, {0.60, 0.50}},
		"square8":   {{0.90, 0.85}, {0.65, 0.55}, {0.60, 0.50}},
		"square19":  {{0.85, 0.70}, {0.60, 0.45}, {0.55, 0.40}},
		"hexagonal": {{0.85, 0.65}, {0.55, 0.40}, {0.50, 0.35}},
	}[board]
	if !listed {
		return Label{Missing: true, Threshold: Unknown, Reason: fmt.Sprintf("board %s has no tier", board)}
	}
	return asked[min(max(e.Players, 2), 4)-2].grade(e, "on "+board)
}

// steps counts the bounds that a value has reached.
func steps(value float64, bounds ...float64) (reached int) {
	for _, bound := range bounds {
		if value >= bound {
			reached++
		}
	}
	return reached
}

func (t tier) grade(e Evidence, where string) Label {
	label := Label{Threshold: fmt.Sprintf("%s: %s against random, %s against heuristic", where, atLeast(rate(t.random)), atLeast(rate(t.heuristic)))}
	easy, hard := e.rateAgainst(Random), e.rateAgainst(Heuristic)
	if easy == nil || hard == nil {
		label.Missing, label.Reason = true, "no games against random or against heuristic were played"
		return label
	}
	label.Earned = *easy >= t.random && *hard >= t.heuristic
	label.Reason = fmt.Sprintf("%s against random, %s against heuristic", rate(*easy), rate(*hard))
	return label
}

func (e Evidence) rateAgainst(baseline string) *float64 {
	tally, _ := e.baseline(baseline)
	if reached, ok := tally.Score.Rate(); ok {
		return &reached
	}
	return nil
}
