package metricsanalysis

import "math"

const (
	// leastBefore points are needed before one can be odd.
	leastBefore = 10
	// slopePoints are what a slope is taken of, the newest.
	slopePoints = 10
)

// point is one value of a curve. Half is half of its 95 % interval, 0 if it is exact.
type point struct {
	step        int64
	value, half float64
}

// curve is a metric of one subject: a training run, or a configuration.
type curve struct {
	metric, subject string
	points          []point // the oldest first
	lower           bool    // less is better
	// elo says that regressions are in points of rating, beyond what the intervals leave open.
	elo bool
}

// odd is a point that lies far off the course of its curve.
type odd struct {
	Step  int64   `json:"step"`
	Value float64 `json:"value"`
	Mean  float64 `json:"mean"` // of the points before it
	Std   float64 `json:"std"`
	Z     float64 `json:"z"`
}

// reading is what a curve says.
type reading struct {
	Points    int     `json:"points"`
	Current   float64 `json:"current"`
	Best      float64 `json:"best"`
	SinceBest int     `json:"points_since_improvement"`
	Slope     float64 `json:"slope"` // of the last points, by least squares, in units of the metric a point
	Plateau   bool    `json:"plateau"`
	// Regression is empty, minor, moderate, severe or critical.
	Regression string `json:"regression,omitempty"`
	Odd        []odd  `json:"odd,omitempty"`
}

// read looks at the newest points of a curve.
func (s Settings) read(c curve) reading {
	points := c.points[max(0, len(c.points)-s.WindowPoints):]
	kept, odds := s.course(points)
	read := reading{Points: len(points), Odd: odds}
	if len(kept) == 0 {
		return read
	}
	best := kept[0]
	for _, one := range kept[1:] {
		read.SinceBest++
		if c.gain(best.value, one.value) > s.MinImprovement {
			best, read.SinceBest = one, 0
		}
	}
	last := kept[len(kept)-1]
	read.Current, read.Best = last.value, best.value
	read.Plateau = read.SinceBest >= s.PlateauPoints
	read.Regression = s.regression(c, best, last)
	read.Slope = slope(kept[max(0, len(kept)-slopePoints):])
	return read
}

// gain is by how much a value is better than another one.
func (c curve) gain(from, to float64) float64 {
	if c.lower {
		return from - to
	}
	return to - from
}

// course are the points that count, and those that are odd. Of a last point that lies far off it is not known yet.
func (s Settings) course(points []point) (kept []point, odds []odd) {
	for i, one := range points {
		off, far := s.off(kept, one)
		switch {
		case !far:
			kept = append(kept, one)
		case i+1 == len(points):
			// the next point will tell
		default:
			if _, again := s.off(kept, points[i+1]); again {
				kept = append(kept, one)
			} else {
				odds = append(odds, off)
			}
		}
	}
	return kept, odds
}

// off says how far a point lies off those before it. A spread below the least improvement is none.
func (s Settings) off(before []point, one point) (odd, bool) {
	if len(before) < leastBefore {
		return odd{}, false
	}
	mean, n := 0.0, float64(len(before))
	for _, other := range before {
		mean += other.value / n
	}
	squares := 0.0
	for _, other := range before {
		squares += (other.value - mean) * (other.value - mean)
	}
	std := math.Max(math.Sqrt(squares/(n-1)), s.MinImprovement)
	z := (one.value - mean) / std
	return odd{Step: one.step, Value: one.value, Mean: mean, Std: std, Z: z}, std > 0 && math.Abs(z) > s.OutlierZ
}

// regression is how much worse than the best the last point is.
func (s Settings) regression(c curve, best, last point) string {
	drop := c.gain(last.value, best.value)
	if c.elo {
		if drop <= math.Hypot(best.half, last.half) {
			return ""
		}
		return level(drop, []float64{20, 35, 50, 75}, []string{"minor", "moderate", "severe", "critical"})
	}
	if best.value == 0 {
		return "" // there is no share of nothing
	}
	return level(drop/math.Abs(best.value), []float64{s.MinorDrop, s.SevereDrop, s.CriticalDrop}, []string{"minor", "severe", "critical"})
}

// level is the name of the highest limit that a drop is above.
func level(drop float64, limits []float64, names []string) (name string) {
	for i, limit := range limits {
		if drop > limit {
			name = names[i]
		}
	}
	return name
}

// slope is that of the line of least squares through points at equal distances.
func slope(points []point) float64 {
	n := float64(len(points))
	if n < 2 {
		return 0
	}
	meanX, meanY := (n-1)/2, 0.0
	for _, one := range points {
		meanY += one.value / n
	}
	products, squares := 0.0, 0.0
	for i, one := range points {
		x := float64(i) - meanX
		products += x * (one.value - meanY)
		squares += x * x
	}
	return products / squares
}
