package thresholds

import "time"

// Train is for TRAINING_TRIGGER.
type Train struct {
	MinSamples        int           `yaml:"min_samples" fast:"200" standard:"1000" unit:"samples" min:"1" max:"1000000000" help:"a training set with fewer is not trained on"`
	MinQuality        float64       `yaml:"min_quality" fast:"0.5" standard:"0.55" unit:"score, 0 to 1" min:"0" max:"1" help:"while the newest games are worth less, nothing is trained on them; games that nobody has judged pass; 0: all do"`
	Cooldown          time.Duration `yaml:"cooldown" fast:"0s" standard:"2m" unit:"time" min:"0s" max:"168h" help:"wait between two trainings of a config"`
	MaxConcurrent     int           `yaml:"max_concurrent" fast:"2" standard:"8" unit:"trainings" min:"1" max:"1000" help:"the most at the same time, all configs together"`
	Epochs            int           `yaml:"epochs" fast:"10" standard:"20" unit:"epochs" min:"1" max:"10000" help:"passes over the training set, before a training plan multiplies them"`
	BatchSize         int           `yaml:"batch_size" fast:"0" standard:"0" unit:"samples" min:"0" max:"1048576" help:"samples of one step, before a training plan multiplies them; 0: the workload's own, which no plan changes"`
	LearningRate      float64       `yaml:"learning_rate" fast:"0" standard:"0" unit:"factor" min:"0" max:"10" help:"length of the first step, before a training plan multiplies it; 0: the workload's own, which no plan changes"`
	LRSchedule        string        `yaml:"lr_schedule" fast:"" standard:"" unit:"name" oneof:"|constant|linear|cosine" help:"how steps become shorter; empty: the workload's own"`
	EarlyStopPatience int           `yaml:"early_stop_patience" fast:"3" standard:"5" unit:"epochs" min:"0" max:"1000" help:"so many without a better holdout loss end a training; 0: none do"`
	CheckpointEvery   time.Duration `yaml:"checkpoint_every" fast:"2s" standard:"5m" unit:"time" min:"1s" max:"24h" help:"how much of a training may be lost with its node"`
	RunLimit          time.Duration `yaml:"run_limit" fast:"5m" standard:"24h" unit:"time" min:"1s" max:"720h" help:"the longest that one run may take"`
	SilentLimit       time.Duration `yaml:"silent_limit" fast:"1m" standard:"5m" unit:"time" min:"10s" max:"24h" help:"a run without progress for so long is ended and tried again"`
	MinFreeDiskGB     float64       `yaml:"min_free_disk_gb" fast:"0.5" standard:"50" unit:"GB" min:"0" max:"100000" help:"with less free no training begins"`
}
