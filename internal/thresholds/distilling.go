package thresholds

import "time"

// Distill is for DISTILLATION.
type Distill struct {
	Positions        int           `yaml:"positions" fast:"20000" standard:"100000" unit:"samples" min:"100" max:"1000000000" help:"the most that a small model learns from"`
	HoldoutFraction  float64       `yaml:"holdout_fraction" fast:"0.1" standard:"0.1" unit:"share of the games" min:"0.01" max:"0.5" help:"kept apart, to compare it with its teacher"`
	Temperature      float64       `yaml:"temperature" fast:"2" standard:"3" unit:"factor" min:"0.1" max:"100" help:"softens what the teacher thinks"`
	Alpha            float64       `yaml:"alpha" fast:"0.8" standard:"0.7" unit:"share" min:"0.01" max:"1" help:"weight of the teacher against what came of the games"`
	MinCorrelation   float64       `yaml:"min_correlation" fast:"0.7" standard:"0.7" unit:"correlation" min:"0.01" max:"1" help:"of what both expect, on what was kept apart"`
	MinSignAgreement float64       `yaml:"min_sign_agreement" fast:"0.7" standard:"0.8" unit:"share of the samples" min:"0.01" max:"1" help:"how often both are on the same side of an equal share"`
	MaxSizeRatio     float64       `yaml:"max_size_ratio" fast:"0.8" standard:"0.5" unit:"share of the teacher's" min:"0.01" max:"1" help:"size of its file"`
	MaxLatencyRatio  float64       `yaml:"max_latency_ratio" fast:"4" standard:"0.5" unit:"share of the teacher's" min:"0.01" max:"100" help:"time to judge a position"`
	Games            int           `yaml:"games" fast:"60" standard:"100" unit:"games" min:"1" max:"100000" help:"games against its teacher, at equal time, and against each baseline"`
	MinStrength      float64       `yaml:"min_strength" fast:"0.3" standard:"0.5" unit:"share of an equal share" min:"0.01" max:"1" help:"the share won against its teacher is at least this, by its lower bound"`
	RetryPause       time.Duration `yaml:"retry_pause" fast:"30s" standard:"5m" unit:"time" min:"1s" max:"24h" help:"wait after an attempt that has failed; doubles up to an hour"`
}
