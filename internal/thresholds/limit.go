package thresholds

import (
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/rating"
)

// Limit is what a rule makes of its upper key.
type Limit int

// The limits.
const (
	Value    Limit = iota // what its value is
	Valid                 // of so many games, those that have to be valid
	Provable              // of so many games, the lower bound of the rate that winning them all shows
)

// validShare is the key that Valid goes by.
const validShare = "evaluate.valid_share"

// keys are those that the limit depends on beside the upper key.
func (l Limit) keys() []string {
	if l == Valid {
		return []string{validShare}
	}
	return nil
}

func (l Limit) measure(upper string, measures map[string]float64) float64 {
	switch l {
	case Valid:
		return measures[upper] * measures[validShare]
	case Provable:
		bound, _ := rating.Wilson(1, int64(measures[upper]))
		return bound
	}
	return measures[upper]
}

// text is the limit in words, with each key as named writes it.
func (l Limit) text(upper string, named func(key string) string) string {
	switch l {
	case Valid:
		return named(validShare) + " of " + named(upper)
	case Provable:
		return "the lower bound (Wilson, 95 %) of winning all of " + named(upper)
	}
	return named(upper)
}

// shown is text with the values, the number first unless it is the value itself.
func (l Limit) shown(upper string, now values) string {
	text := l.text(upper, now.shown)
	if l == Value {
		return text
	}
	const thousandth = 1000 // rounded down, so that what is told holds
	return fmt.Sprintf("%g (%s)", math.Floor(l.measure(upper, now.measures)*thousandth)/thousandth, text)
}
