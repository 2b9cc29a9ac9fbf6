package tournamentdaemon

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// aboveRandom is how much stronger than random the weakest other baseline is expected to be at least, in Elo: 90 % of
	// two players' games. aboveWeaker is that of any other one against the next weaker one: 55 %.
	aboveRandom = 382
	aboveWeaker = 35
	// tolerated is the share of what is expected that is good enough.
	tolerated = .9
)

// rungs are the baselines against the next weaker ones, as the workload orders them by their nominal strength. What a
// stronger one is expected to win follows from its distance in Elo, for any number of players.
func rungs(baselines []workload.Baseline, players int) (all []pipeline.Rung) {
	ordered := slices.SortedStableFunc(slices.Values(baselines), func(a, b workload.Baseline) int { return cmp.Compare(a.NominalElo, b.NominalElo) })
	for i := 1; i < len(ordered); i++ {
		rung := pipeline.Rung{Stronger: ordered[i].ID, Weaker: ordered[i-1].ID, Expected: rating.Expected(aboveWeaker, players)}
		if rung.Weaker == workload.BaselineRandom {
			rung.Expected = rating.Expected(aboveRandom, players)
		}
		rung.Least = tolerated * rung.Expected
		all = append(all, rung)
	}
	return all
}

// judge says what the games of each rung say, and all of them together. Only what chance does not explain fails.
func judge(all []pipeline.Rung, score func(stronger, weaker string) rating.Score) (judged []pipeline.Rung, verdict string) {
	verdict = pipeline.CalibrationHolds
	for _, rung := range all {
		rung.Score, rung.Verdict = score(rung.Stronger, rung.Weaker), pipeline.CalibrationOpen
		reached, played := rung.Score.Rate()
		_, high, _ := rung.Score.Interval()
		switch {
		case played && reached >= rung.Least:
			rung.Verdict = pipeline.CalibrationHolds
		case played && high < rung.Least:
			rung.Verdict = pipeline.CalibrationFails
		}
		if rung.Verdict == pipeline.CalibrationFails || verdict == pipeline.CalibrationHolds {
			verdict = rung.Verdict
		}
		judged = append(judged, rung)
	}
	return judged, verdict
}

// anchors are the ratings of the baselines by the games among them alone.
func anchors(result tournament.Result, pinned map[string]float64) (map[string]float64, error) {
	var matches []rating.Match
	for _, pair := range result.Pairs {
		for _, match := range pipeline.Matches(ledger.Match{}, pair.Player, pair.Opponent, pair.BySeat) {
			one := rating.Match{Participants: match.Participants}
			for _, outcome := range match.Outcomes {
				one.Outcomes = append(one.Outcomes, rating.Outcome(outcome))
			}
			matches = append(matches, one)
		}
	}
	rated, err := rating.Compute(matches, rating.Options{Pinned: pinned})
	if err != nil {
		return nil, err
	}
	given := maps.Clone(pinned)
	for _, one := range rated {
		given[one.Participant] = one.Rating
	}
	return given, nil
}

// reason tells of all rungs, the one that decides first.
func reason(judged []pipeline.Rung) string {
	order := []string{pipeline.CalibrationFails, pipeline.CalibrationOpen, pipeline.CalibrationHolds}
	sorted := slices.SortedStableFunc(slices.Values(judged), func(a, b pipeline.Rung) int {
		return slices.Index(order, a.Verdict) - slices.Index(order, b.Verdict)
	})
	var parts []string
	for _, rung := range sorted {
		parts = append(parts, rung.Verdict+": "+rung.String())
	}
	return strings.Join(parts, "; ")
}
