package rating

import (
	"cmp"
	"slices"
	"time"
)

// What Velocity needs to speak: so many points, or two that far apart.
const (
	velocityPoints = 3
	velocitySpan   = 24 * time.Hour
)

// Point is a rating at a time.
type Point struct {
	At     time.Time `json:"at"`
	Rating float64   `json:"rating"` // Elo
}

// Velocity is the slope of the least-squares line through the points, in Elo per hour:
//
//	Σ (t−t̄)(R−R̄) / Σ (t−t̄)²
//
// It is unknown with fewer than 3 points that span less than 24 hours, and if all are of the same time.
func Velocity(points []Point) (eloPerHour float64, ok bool) {
	if len(points) < 2 {
		return 0, false
	}
	points = slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Rating, b.Rating))
	})
	first, last := points[0].At, points[len(points)-1].At
	if len(points) < velocityPoints && last.Sub(first) < velocitySpan {
		return 0, false
	}
	var hours, elo float64 // means
	for _, point := range points {
		hours += point.At.Sub(first).Hours() / float64(len(points))
		elo += point.Rating / float64(len(points))
	}
	var covariance, variance float64
	for _, point := range points {
		from := point.At.Sub(first).Hours() - hours
		covariance += from * (point.Rating - elo)
		variance += from * from
	}
	return covariance / variance, last.After(first)
}
