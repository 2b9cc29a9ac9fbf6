package evaluation

import (
	"cmp"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Settings are how candidates are evaluated. Zero means the default.
type Settings struct {
	// Policy is what candidates are judged by: what it asks for is played. Of it count Protocol, ValidShare, Baselines,
	// PlayedGames (against each baseline) and SPRT (against the canonical model, up to its MaxGames). One without a name
	// is promotion.DefaultPolicy.
	Policy promotion.Policy
	// MoreBaselines are played against besides those of the policy, for the labels; nil: heuristic, where the workload
	// has it.
	MoreBaselines []string
	// Harness is how models are played; empty: the workload's default.
	Harness string
	// SearchBudget is the number of simulations a move; 0: the workload's.
	SearchBudget int
	// OpeningPlies are random moves before play; 0: the workload's, −1: none.
	OpeningPlies int
	// StuckAfter is how long an evaluation may not move on until that is told; 1 h.
	StuckAfter time.Duration
	// PressureOn is how many open evaluations hold training and slow self-play down, PressureOff how many end that; 8 and 4.
	PressureOn, PressureOff int64
}

func (s Settings) withDefaults() Settings {
	if s.Policy.Name == "" {
		s.Policy = promotion.DefaultPolicy()
	}
	if s.MoreBaselines == nil {
		s.MoreBaselines = []string{promotion.Heuristic}
	}
	s.StuckAfter = cmp.Or(s.StuckAfter, time.Hour)
	s.PressureOn, s.PressureOff = cmp.Or(s.PressureOn, 8), cmp.Or(s.PressureOff, 4)
	return s
}

// baselines are those to play against, each once, and the first of the policy's that the workload has not, if there is one.
func (s Settings) baselines(manifest *workload.Manifest) (names []string, absent string) {
	offered := func(name string) bool {
		return slices.ContainsFunc(manifest.Baselines, func(b workload.Baseline) bool { return b.ID == name })
	}
	for _, name := range s.Policy.Baselines {
		if !offered(name) {
			return nil, name
		}
	}
	for _, name := range slices.Concat(s.Policy.Baselines, s.MoreBaselines) {
		if offered(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, ""
}

// params are what the workload is asked to play, against the canonical model too if that is there.
func (s Settings) params(baselines []string, players int, harness string, canonical bool) workload.EvaluateParams {
	against := s.Policy.PlayedGames.For(players)
	test := s.Policy.SPRT
	params := workload.EvaluateParams{
		Model: inputCandidate, Harness: cmp.Or(s.Harness, harness), SearchBudget: s.SearchBudget, OpeningPlies: s.OpeningPlies,
		// The rule ends the games against any opponent: never before those against a baseline are all played.
		StopRule: &workload.StopRule{
			Elo0: test.Elo0, Elo1: test.Elo1, Alpha: test.Alpha, Beta: test.Beta,
			MinGames: int(max(test.MinGames, rounds(against, players))),
		},
	}
	for _, name := range baselines {
		params.Opponents = append(params.Opponents, workload.Opponent{Player: workload.Player{Baseline: name}, Games: int(against)})
	}
	if canonical {
		params.Opponents = append(params.Opponents, workload.Opponent{
			Player: workload.Player{Model: inputCanonical, Harness: s.Harness}, Games: int(test.MaxGames),
		})
	}
	return params
}

// rounds is a number of games, rounded up so that each seat is taken equally often.
func rounds(games int64, players int) int64 {
	n := int64(max(players, 1))
	return (games + n - 1) / n * n
}
