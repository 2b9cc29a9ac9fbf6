package main

import (
	"math"

	"github.com/ringrift/orchestrator/internal/workload"
)

// checkStopRule refuses a rule that cannot decide.
func checkStopRule(rule *workload.StopRule) error {
	switch {
	case rule == nil:
		return nil
	case !(rule.Elo0 < rule.Elo1):
		return badRequest("stop_rule: elo0 = %g, elo1 = %g: use elo0 below elo1", rule.Elo0, rule.Elo1)
	case !(rule.Alpha > 0 && rule.Alpha < 0.5) || !(rule.Beta > 0 && rule.Beta < 0.5):
		return badRequest("stop_rule: alpha = %g, beta = %g: use more than 0 and less than 0.5", rule.Alpha, rule.Beta)
	case rule.MinGames < 0:
		return badRequest("stop_rule.min_games = %d: use 0 or more", rule.MinGames)
	}
	return nil
}

// decided says whether the score is clear evidence for one of the rule's two Elo differences: the sequential
// probability ratio test of Wald, with a draw as the win of everyone in equal parts: the draws of equal players
// are no evidence for either.
func decided(rule *workload.StopRule, score workload.Score, players int) bool {
	if rule == nil || score.Games < rule.MinGames {
		return false
	}
	low, high := expected(rule.Elo0, players), expected(rule.Elo1, players)
	wins := float64(score.Wins) + float64(score.Draws)/float64(players)
	losses := float64(score.Games) - wins
	evidence := wins*math.Log(high/low) + losses*math.Log((1-high)/(1-low))
	return evidence >= math.Log((1-rule.Beta)/rule.Alpha) || evidence <= math.Log(rule.Beta/(1-rule.Alpha))
}

// expected is the share of games won against n−1 equal opponents who are weaker by an Elo difference.
func expected(elo float64, players int) float64 {
	return 1 / (1 + float64(players-1)*math.Pow(10, -elo/400))
}
