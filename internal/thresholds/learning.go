package thresholds

import "time"

// Train is for TRAINING_TRIGGER.
type Train struct {
	MinSamples          int           `yaml:"min_samples" fast:"200" standard:"1000" unit:"samples" min:"1" max:"1000000000" help:"a training set with fewer is not trained on"`
	BootstrapMinSamples int           `yaml:"bootstrap_min_samples" fast:"200" standard:"500" unit:"samples" min:"1" max:"1000000000" help:"the least that is trained on before the first promotion of a config"`
	MaxDatasetAge       time.Duration `yaml:"max_dataset_age" fast:"24h" standard:"48h" unit:"time" min:"1m" max:"8760h" help:"an older training set is not trained on"`
	MinQuality          float64       `yaml:"min_quality" fast:"0.5" standard:"0.55" unit:"score, 0 to 1" min:"0" max:"1" help:"mean quality of the games that a training set needs; games that nobody has judged do not pass"`
	Cooldown            time.Duration `yaml:"cooldown" fast:"0s" standard:"2m" unit:"time" min:"0s" max:"168h" help:"wait between two trainings of a config"`
	MaxConcurrent       int           `yaml:"max_concurrent" fast:"2" standard:"8" unit:"trainings" min:"1" max:"1000" help:"the most at the same time, all configs together"`
	Epochs              int           `yaml:"epochs" fast:"10" standard:"20" unit:"epochs" min:"1" max:"10000" help:"passes over the training set, before a training plan multiplies them"`
	BatchSize           int           `yaml:"batch_size" fast:"0" standard:"0" unit:"samples" min:"0" max:"1048576" help:"samples of one step; 0: the workload's own, which no plan changes"`
	LearningRate        float64       `yaml:"learning_rate" fast:"0" standard:"0" unit:"factor" min:"0" max:"10" help:"length of the first step; 0: the workload's own, which no plan changes"`
	LRSchedule          string        `yaml:"lr_schedule" fast:"" standard:"" unit:"name" oneof:"|constant|linear|cosine" help:"how steps become shorter; empty: the workload's own"`
	EarlyStopPatience   int           `yaml:"early_stop_patience" fast:"3" standard:"5" unit:"epochs" min:"0" max:"1000" help:"so many without a better holdout loss end a training; 0: none do"`
	CheckpointEvery     time.Duration `yaml:"checkpoint_every" fast:"2s" standard:"5m" unit:"time" min:"1s" max:"24h" help:"how much of a training may be lost with its node"`
	RunLimit            time.Duration `yaml:"run_limit" fast:"5m" standard:"24h" unit:"time" min:"1s" max:"720h" help:"the longest that one run may take"`
	SilentLimit         time.Duration `yaml:"silent_limit" fast:"30s" standard:"5m" unit:"time" min:"10s" max:"24h" help:"a run without progress for so long is ended and tried again"`
	MinFreeDiskGB       float64       `yaml:"min_free_disk_gb" fast:"0.5" standard:"50" unit:"GB" min:"0" max:"100000" help:"with less free no training begins"`
}

// Evaluate is for EVALUATION.
type Evaluate struct {
	GamesPerBaseline ByPlayers[int] `yaml:"games_per_baseline" fast:"64,64,64" standard:"64,90,128" unit:"games" min:"1" max:"100000" help:"games of a candidate against each baseline"`
	HeadToHeadGames  int            `yaml:"head_to_head_games" fast:"40" standard:"200" unit:"games" min:"1" max:"100000" help:"games against the canonical model before the sequential test may end"`
	MaxGames         int            `yaml:"max_games" fast:"600" standard:"600" unit:"games" min:"1" max:"1000000" help:"games against the canonical model after which it ends, undecided"`
	Elo0             float64        `yaml:"elo0" fast:"0" standard:"0" unit:"Elo" min:"-400" max:"400" help:"sequential test: the gain that is none"`
	Elo1             float64        `yaml:"elo1" fast:"35" standard:"35" unit:"Elo" min:"-400" max:"400" help:"sequential test: the gain that is worth having"`
	Alpha            float64        `yaml:"alpha" fast:"0.05" standard:"0.05" unit:"probability" min:"0.001" max:"0.4" help:"sequential test: how often no gain may pass for one"`
	Beta             float64        `yaml:"beta" fast:"0.05" standard:"0.05" unit:"probability" min:"0.001" max:"0.4" help:"sequential test: how often a gain may be missed"`
	OpeningPlies     int            `yaml:"opening_plies" fast:"2" standard:"4" unit:"moves" min:"0" max:"100" help:"random moves at the start of a game, so that games differ"`
	SearchBudget     int            `yaml:"search_budget" fast:"0" standard:"0" unit:"simulations" min:"0" max:"100000" help:"search for each move; 0: the workload's own"`
	Harness          string         `yaml:"harness" fast:"" standard:"" unit:"name" min:"0" max:"64" help:"how the model is played; empty: the workload's default"`
	ValidShare       float64        `yaml:"valid_share" fast:"0.8" standard:"0.8" unit:"share of the games" min:"0.5" max:"1" help:"an evaluation with fewer games that count has failed"`
}
