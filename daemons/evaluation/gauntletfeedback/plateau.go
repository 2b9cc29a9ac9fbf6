package gauntletfeedback

import (
	"math"

	"github.com/ringrift/orchestrator/internal/bus"
)

// plateau tells that candidates do not become stronger any more, when that begins.
func (e Evidence) plateau(policy Policy) []bus.Payload {
	best, is := flat(e.Results, policy.PlateauResults)
	if _, was := flat(e.Results[1:], policy.PlateauResults); !is || was {
		return nil
	}
	return []bus.Payload{bus.PlateauDetected{
		Proposal: e.proposal("no gain beyond what the ratings' intervals allow over %d evaluations", policy.PlateauResults),
		Metric:   metricElo, Current: e.Results[0].Elo.Rating, Best: best, PointsSinceImprovement: policy.PlateauResults - 1,
	}}
}

// flat says whether none of the newest results is better than the oldest of them by more than their intervals together,
// and the best rating among them. Results that are not rated tell nothing.
func flat(results []Result, length int) (best float64, is bool) {
	if length < 2 || len(results) < length {
		return 0, false
	}
	oldest := results[length-1].Elo
	if oldest == nil {
		return 0, false
	}
	best = oldest.Rating
	for _, result := range results[:length-1] {
		if result.Elo == nil {
			return 0, false
		}
		if result.Elo.Rating-oldest.Rating > math.Hypot(result.Elo.half(), oldest.half()) {
			return 0, false
		}
		best = max(best, result.Elo.Rating)
	}
	return best, true
}
