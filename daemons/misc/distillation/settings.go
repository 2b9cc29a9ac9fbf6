package distillation

import (
	"cmp"
	"time"
)

// Settings are how a student is taught, and what it must show. Zero means the default.
type Settings struct {
	Version string // names these values; it is stored with each verdict
	// Positions are what a student learns from at most, drawn from what its teacher was trained on; 100000. HoldoutFraction
	// of the games is kept apart, to compare the two; 0.1.
	Positions       int
	HoldoutFraction float64
	// Temperature softens what the teacher thinks, Alpha is its weight against what came of the games; 3 and 0.7.
	Temperature, Alpha float64
	// Student describes the student in the workload's own words; nil: the workload's small model.
	Student map[string]any
	// MinCorrelation and MinSign are how alike student and teacher judge what was kept apart; 0.7 and 0.8.
	MinCorrelation, MinSign float64
	// MaxSize and MaxLatency are the student's by the teacher's; 0.5 and 0.5. A latency passes if it surely is no more.
	MaxSize, MaxLatency float64
	// Games are played against the teacher, at equal time, and against each baseline; 100. MinStrength is the lower bound
	// of the share won against the teacher, by an equal share; 0.5. ValidShare of the games must count; 0.8.
	Games       int
	MinStrength float64
	ValidShare  float64
	// Harness, SearchBudget and OpeningPlies are as in evaluations; 0 and empty: the workload's own.
	Harness      string
	SearchBudget int
	OpeningPlies int
	// RetryPause is the wait after an attempt that has failed; it doubles up to an hour; 5 min.
	RetryPause time.Duration
}

func (s Settings) withDefaults() Settings {
	s.Version = cmp.Or(s.Version, "default")
	s.Positions, s.HoldoutFraction = cmp.Or(s.Positions, 100_000), cmp.Or(s.HoldoutFraction, 0.1)
	s.Temperature, s.Alpha = cmp.Or(s.Temperature, 3), cmp.Or(s.Alpha, 0.7)
	s.MinCorrelation, s.MinSign = cmp.Or(s.MinCorrelation, 0.7), cmp.Or(s.MinSign, 0.8)
	s.MaxSize, s.MaxLatency = cmp.Or(s.MaxSize, 0.5), cmp.Or(s.MaxLatency, 0.5)
	s.Games, s.MinStrength, s.ValidShare = cmp.Or(s.Games, 100), cmp.Or(s.MinStrength, 0.5), cmp.Or(s.ValidShare, 0.8)
	s.RetryPause = cmp.Or(s.RetryPause, 5*time.Minute)
	return s
}
