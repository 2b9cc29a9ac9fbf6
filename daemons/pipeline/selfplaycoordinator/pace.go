package selfplaycoordinator

import (
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/selfplay"
)

const (
	// leastPace is kept however little the games are worth: without new games nobody sees them become better.
	leastPace = .5
	// paceStep is by how much the pace must have changed for another plan.
	paceStep = .1
)

// pace is the part of its share of the budget that a configuration plays: less while its newest games are worth less than
// they should be. What nobody has judged is no reason to go slower.
func (s Settings) pace(features selfplay.Features) float64 {
	if features.Quality == nil || s.GoodQuality <= 0 {
		return 1
	}
	return math.Min(1, math.Max(leastPace, *features.Quality/s.GoodQuality))
}

// repaced says why a plan replaces the one before for the sake of a configuration's pace, empty if it does not.
func (s Settings) repaced(before, now selfplay.PlanConfig) string {
	old, pace := 1.0, s.pace(now.Score.Features)
	if before.Score != nil {
		old = s.pace(before.Score.Features)
	}
	if math.Abs(pace-old) < paceStep {
		return ""
	}
	return fmt.Sprintf("pace of %s from %.2f to %.2f", now.Key, old, pace)
}
