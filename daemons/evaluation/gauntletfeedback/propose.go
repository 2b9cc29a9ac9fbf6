package gauntletfeedback

import (
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
)

// What is proposed, as multiples of what the settings say.
const (
	strongTemperature, strongBudget = .8, .9
	weakTemperature, weakBudget     = 1.2, 1.3
	weakEpochs                      = 1.5
)

// metricElo is the curve that regressions and plateaus are seen in.
const metricElo = "elo"

// Policy is what evaluations are judged by.
type Policy struct {
	// Strong is the rate against the heuristic baseline above which a candidate is strong, Weak the one against random
	// below which it is weak: of two players, 0 to 1; with more the same difference in Elo counts.
	Strong float64 `json:"strong"`
	Weak   float64 `json:"weak"`
	// ExtraGames are proposed for a weak one: those of one more iteration.
	ExtraGames int64 `json:"extra_games"`
	// RegressionGames against the canonical model are the least that a regression is seen in.
	RegressionGames int64 `json:"regression_games"`
	// PlateauResults in a row that show no gain are a plateau.
	PlateauResults int `json:"plateau_results"`
}

// DefaultPolicy returns the figures of specs/03 3.4.
func DefaultPolicy() Policy {
	return Policy{Strong: .8, Weak: .7, ExtraGames: 200, RegressionGames: 50, PlateauResults: 5}
}

// Propose returns what follows from the newest of some evaluations, and what it lacks for a proposal to rest on. The same
// evidence and policy give the same, for ever.
func Propose(e Evidence, policy Policy) (proposals []bus.Payload, missing []string) {
	if len(e.Results) == 0 {
		return nil, []string{"no evaluation"}
	}
	if missing = e.missing(); len(missing) > 0 {
		return nil, missing
	}
	proposals = append(proposals, e.strength(policy)...)
	proposals = append(proposals, e.regression(policy)...)
	return append(proposals, e.plateau(policy)...), nil
}

// missing names what the newest evaluation lacks.
func (e Evidence) missing() (names []string) {
	newest := e.Results[0]
	if newest.Random == nil || newest.Random.Games() == 0 {
		names = append(names, "games against "+promotion.Random)
	}
	if newest.Heuristic == nil || newest.Heuristic.Games() == 0 {
		names = append(names, "games against "+promotion.Heuristic)
	}
	if newest.Elo == nil {
		names = append(names, "a rating")
	}
	return names
}

// strength proposes less search and less chance for a candidate that is strong, and more of both, longer training and more
// games for one that is weak.
func (e Evidence) strength(policy Policy) []bus.Payload {
	newest := e.Results[0]
	random, _ := newest.Random.Rate()
	heuristic, _ := newest.Heuristic.Rate()
	if least := e.likeTwo(policy.Weak); random < least {
		proposal := e.proposal("%.0f %% against %s, less than %.0f %%", 100*random, promotion.Random, 100*least)
		proposals := []bus.Payload{
			bus.HyperparameterUpdated{Proposal: proposal, Parameter: "epochs", OldValue: 1, NewValue: weakEpochs},
			adaptive(proposal, weakTemperature, weakBudget),
		}
		if policy.ExtraGames > 0 {
			proposals = append(proposals, bus.SelfplayTargetUpdated{Proposal: proposal, ExtraGames: policy.ExtraGames})
		}
		return proposals
	}
	if most := e.likeTwo(policy.Strong); heuristic > most {
		proposal := e.proposal("%.0f %% against %s, more than %.0f %%", 100*heuristic, promotion.Heuristic, 100*most)
		return []bus.Payload{adaptive(proposal, strongTemperature, strongBudget)}
	}
	return nil
}

func adaptive(proposal bus.Proposal, temperature, budget float64) bus.Payload {
	return bus.AdaptiveParamsChanged{Proposal: proposal, TemperatureMultiplier: &temperature, SearchBudgetMultiplier: &budget}
}

// likeTwo is the rate with this many players that tells the same difference as a rate with two.
func (e Evidence) likeTwo(rate float64) float64 {
	difference, ok := rating.Difference(rate, 2)
	if !ok {
		return rate
	}
	return rating.Expected(difference, e.Players)
}

// proposal names what a proposal follows from.
func (e Evidence) proposal(format string, args ...any) bus.Proposal {
	newest := e.Results[0]
	return bus.Proposal{
		Config: bus.ConfigOf(e.ConfigKey), Evidence: newest.EvaluationID, Reason: fmt.Sprintf("candidate %s: "+format, append([]any{newest.ModelID}, args...)...),
	}
}
