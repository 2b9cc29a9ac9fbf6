package npzcombination

import (
	"cmp"
	"math"
	"time"
)

// off turns a bound off.
const off = -1

// Settings are what is mixed, and how. Zero means the default.
type Settings struct {
	// MaxDatasets is how many datasets are mixed at most, the newest; 20.
	MaxDatasets int
	// MaxAge is how much older than the newest a dataset may be; 7 days, −1: any age.
	MaxAge time.Duration
	// MaxSamples is how many samples the datasets may have together, and the mixture; 2,000,000, −1: any number. The
	// newest dataset is always taken.
	MaxSamples int64
	// Freshness is how often a sample of the newest dataset is taken, on average; 1 to 100, default 1.5.
	Freshness float64
	// HalfLife is the age at which a sample is taken once: weight = max(1, Freshness^(1 − age/HalfLife)); 24 h.
	HalfLife time.Duration
	// MaxRepeat is how often a sample is taken at most; 1 to 100, default 3.
	MaxRepeat int
	// HoldoutFraction of the games is kept out of training, below 1; 0.1, −1: none.
	HoldoutFraction float64
}

func (s Settings) withDefaults() Settings {
	s.MaxDatasets = cmp.Or(s.MaxDatasets, 20)
	s.MaxAge = cmp.Or(s.MaxAge, 7*24*time.Hour)
	s.MaxSamples = cmp.Or(s.MaxSamples, 2_000_000)
	s.Freshness = cmp.Or(s.Freshness, 1.5)
	s.HalfLife = cmp.Or(s.HalfLife, 24*time.Hour)
	s.MaxRepeat = cmp.Or(s.MaxRepeat, 3)
	s.HoldoutFraction = cmp.Or(s.HoldoutFraction, 0.1)
	return s
}

// weight is how often a sample of an age is taken, on average.
func (s Settings) weight(age time.Duration) float64 {
	return max(1, math.Pow(s.Freshness, 1-age.Hours()/s.HalfLife.Hours()))
}

// outOfWindow says whether a dataset is too old, or one too many samples with those that are newer.
func (s Settings) outOfWindow(age time.Duration, samples int64) bool {
	return s.MaxAge != off && age > s.MaxAge || s.MaxSamples != off && samples > s.MaxSamples
}
