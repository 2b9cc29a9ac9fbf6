package quality

import "math"

// Score is what a sample of games is worth.
type Score struct {
	// Games were judged; Unjudged are those of the sample that nobody could judge.
	Games    int64 `json:"games"`
	Unjudged int64 `json:"unjudged,omitempty"`
	// Mean is 0 to 1, Variance that of the sample; Interval is half of the 95 % interval of the mean.
	Mean     float64 `json:"mean"`
	Variance float64 `json:"variance"`
	Interval float64 `json:"interval"`
}

// Of is the score of games that were judged so.
func Of(scores []float64) Score {
	n := float64(len(scores))
	if n == 0 {
		return Score{}
	}
	score := Score{Games: int64(len(scores))}
	for _, one := range scores {
		score.Mean += one
	}
	score.Mean /= n
	if n > 1 {
		for _, one := range scores {
			score.Variance += (one - score.Mean) * (one - score.Mean) / (n - 1)
		}
	}
	score.Interval = interval(score)
	return score
}

func interval(s Score) float64 { return 1.96 * math.Sqrt(s.Variance/float64(s.Games)) }

// Credibility is how much so many games say: 0.5 below 50, 0.75 below 500, and 1.
func (s Score) Credibility() float64 {
	switch {
	case s.Games < 50:
		return .5
	case s.Games < 500:
		return .75
	}
	return 1
}

// The states, from the best to the worst. Unknown is that of games of which none was judged.
const (
	Excellent = "excellent"
	Good      = "good"
	Degraded  = "degraded"
	Poor      = "poor"
	Unknown   = "unknown"
)

// Limits are where the states begin; below Degraded it is poor.
type Limits struct{ Excellent, Good, Degraded float64 }

// State is the word for a score.
func (l Limits) State(score Score) string {
	switch {
	case score.Games == 0:
		return Unknown
	case score.Mean >= l.Excellent:
		return Excellent
	case score.Mean >= l.Good:
		return Good
	case score.Mean >= l.Degraded:
		return Degraded
	}
	return Poor
}
