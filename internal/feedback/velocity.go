package feedback

import (
	"slices"

	"github.com/ringrift/orchestrator/internal/rating"
)

// recentResults are those of which the slope is taken.
const recentResults = 10

// velocity is how fast the strength in office has grown over the newest results, in Elo an hour. A candidate that was
// turned down is a result too: the model before it holds on. Without it a configuration that has long come to a stop
// would still climb as it did at first.
func velocity(e Evidence) (eloPerHour float64, known bool) {
	results := slices.Clone(e.Curve)
	for _, one := range e.Decisions {
		if held, found := ratingAt(e.Curve, one); found && !one.Promoted {
			results = append(results, held)
		}
	}
	slices.SortStableFunc(results, func(a, b rating.Point) int { return a.At.Compare(b.At) })
	return rating.Velocity(results[max(0, len(results)-recentResults):])
}

// ratingAt is that of the canonical model which a candidate did not beat.
func ratingAt(curve []rating.Point, rejection Decision) (held rating.Point, found bool) {
	for _, point := range curve {
		if !point.At.After(rejection.At) && (!found || point.At.After(held.At)) {
			held, found = point, true
		}
	}
	held.At = rejection.At
	return held, found
}
