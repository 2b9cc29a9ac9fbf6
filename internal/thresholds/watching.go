package thresholds

import "time"

// Feedback is for FEEDBACK_LOOP and GAUNTLET_FEEDBACK, who proposes to it.
type Feedback struct {
	PauseQuality       float64       `yaml:"pause_quality" fast:"0.5" standard:"0.5" unit:"score, 0 to 1" min:"0" max:"1" help:"with games of less mean quality the training of a config pauses"`
	WeakShare          float64       `yaml:"weak_share" fast:"0.7" standard:"0.7" unit:"share of the games" min:"0" max:"1" help:"a candidate that wins less against random needs more games and epochs"`
	StrongShare        float64       `yaml:"strong_share" fast:"0.8" standard:"0.8" unit:"share of the games" min:"0" max:"1" help:"a candidate that wins more against the heuristic baseline explores less"`
	PlateauEvaluations int           `yaml:"plateau_evaluations" fast:"3" standard:"5" unit:"evaluations" min:"2" max:"100" help:"so many without a gain beyond their intervals are a plateau"`
	RegressionElo      float64       `yaml:"regression_elo" fast:"20" standard:"20" unit:"Elo" min:"1" max:"1000" help:"a drop in rating with which a regression begins"`
	RegressionMinGames int           `yaml:"regression_min_games" fast:"40" standard:"50" unit:"games" min:"1" max:"100000" help:"games that it takes to tell a regression"`
	BoostHalfLife      time.Duration `yaml:"boost_half_life" fast:"1m" standard:"24h" unit:"time" min:"1s" max:"8760h" help:"how long a boost takes to lose half of its effect"`
	MaxExploration     float64       `yaml:"max_exploration" fast:"2" standard:"2" unit:"factor" min:"1" max:"10" help:"the most that exploration is multiplied by"`
	MaxSearchBudget    int           `yaml:"max_search_budget" fast:"200" standard:"800" unit:"simulations" min:"1" max:"100000" help:"the most that a plan raises the search budget to"`
	MaxExtraGames      int           `yaml:"max_extra_games" fast:"400" standard:"2000" unit:"games" min:"0" max:"1000000" help:"the most games that a plan asks for beyond a config's share"`
	MinChange          float64       `yaml:"min_change" fast:"0.05" standard:"0.05" unit:"share of a value" min:"0" max:"1" help:"smaller changes make no new plan"`
	Cooldown           time.Duration `yaml:"cooldown" fast:"1s" standard:"5m" unit:"time" min:"0s" max:"168h" help:"wait between two proposals of one kind for a config"`
}

// Curriculum is for CURRICULUM_INTEGRATION.
type Curriculum struct {
	MinWeight float64       `yaml:"min_weight" fast:"0.3" standard:"0.3" unit:"factor" min:"0.01" max:"1" help:"the least weight of a config"`
	MaxWeight float64       `yaml:"max_weight" fast:"2.5" standard:"2.5" unit:"factor" min:"1" max:"10" help:"the most weight of a config"`
	HalfLife  time.Duration `yaml:"half_life" fast:"10m" standard:"24h" unit:"time" min:"1s" max:"8760h" help:"how long a weight takes to come half of the way back to 1"`
	MinChange float64       `yaml:"min_change" fast:"0.1" standard:"0.1" unit:"factor" min:"0" max:"1" help:"smaller changes are not applied"`
}

// Quality is for QUALITY_MONITOR.
type Quality struct {
	SampleGames   int           `yaml:"sample_games" fast:"100" standard:"100" unit:"games" min:"1" max:"50000" help:"the newest so many games of a config are judged"`
	Excellent     float64       `yaml:"excellent" fast:"0.9" standard:"0.9" unit:"score, 0 to 1" min:"0" max:"1" help:"the state excellent begins here"`
	Good          float64       `yaml:"good" fast:"0.7" standard:"0.7" unit:"score, 0 to 1" min:"0" max:"1" help:"the state good begins here"`
	Degraded      float64       `yaml:"degraded" fast:"0.5" standard:"0.5" unit:"score, 0 to 1" min:"0" max:"1" help:"the state degraded begins here; below is poor"`
	Warning       float64       `yaml:"warning" fast:"0.6" standard:"0.6" unit:"score, 0 to 1" min:"0" max:"1" help:"below this score producers are warned"`
	MinChange     float64       `yaml:"min_change" fast:"0.1" standard:"0.1" unit:"score, 0 to 1" min:"0" max:"1" help:"a score that moves so far is told, though the state is the same"`
	EventCooldown time.Duration `yaml:"event_cooldown" fast:"1s" standard:"30s" unit:"time" min:"0s" max:"24h" help:"wait between two events of a config; what is held back is told later"`
}

// Performance is for MODEL_PERFORMANCE_WATCHDOG.
type Performance struct {
	DegradedShare float64       `yaml:"degraded_share" fast:"0.2" standard:"0.55" unit:"share of the games" min:"0" max:"1" help:"a model that wins less against the heuristic baseline is degraded"`
	SevereShare   float64       `yaml:"severe_share" fast:"0.1" standard:"0.45" unit:"share of the games" min:"0" max:"1" help:"a model that wins less against the heuristic baseline is severely degraded"`
	AlertCooldown time.Duration `yaml:"alert_cooldown" fast:"5s" standard:"5m" unit:"time" min:"0s" max:"24h" help:"wait between two alerts for a config; what is held back is told later"`
}

// Metrics is for METRICS_ANALYSIS.
type Metrics struct {
	WindowPoints   int     `yaml:"window_points" fast:"100" standard:"100" unit:"points" min:"10" max:"10000" help:"how much of a curve is kept"`
	PlateauPoints  int     `yaml:"plateau_points" fast:"10" standard:"10" unit:"points" min:"2" max:"10000" help:"so many without a better one are a plateau"`
	MinImprovement float64 `yaml:"min_improvement" fast:"0.001" standard:"0.001" unit:"of the metric's own" min:"0" max:"1000" help:"how much better counts as better"`
	MinorDrop      float64 `yaml:"minor_drop" fast:"0.05" standard:"0.05" unit:"share of the best" min:"0.001" max:"1" help:"a value so much worse than the best is a minor regression"`
	SevereDrop     float64 `yaml:"severe_drop" fast:"0.1" standard:"0.1" unit:"share of the best" min:"0.001" max:"1" help:"a value so much worse than the best is a severe regression"`
	CriticalDrop   float64 `yaml:"critical_drop" fast:"0.2" standard:"0.2" unit:"share of the best" min:"0.001" max:"1" help:"a value so much worse than the best is a critical regression"`
	OutlierZ       float64 `yaml:"outlier_z" fast:"3" standard:"3" unit:"standard deviations" min:"1" max:"100" help:"a value so far from the mean is odd"`
}

// Idle is for IDLE_RESOURCE.
type Idle struct {
	MaxUtilisation float64       `yaml:"max_utilisation" fast:"0.1" standard:"0.1" unit:"share of a processor or GPU" min:"0" max:"1" help:"a node that is used less may be idle"`
	After          time.Duration `yaml:"after" fast:"2s" standard:"2m" unit:"time" min:"1s" max:"24h" help:"how long a node is used so little before it counts as idle"`
	Games          int           `yaml:"games" fast:"20" standard:"50" unit:"games" min:"1" max:"100000" help:"what an idle node gets to play"`
	MaxGames       int           `yaml:"max_games" fast:"600" standard:"3000" unit:"games" min:"0" max:"100000000" help:"a config that has more gets nothing for idle nodes"`
	MaxQueued      int           `yaml:"max_queued" fast:"50" standard:"200" unit:"jobs" min:"0" max:"100000" help:"with more jobs in the queue nothing is added"`
	Cooldown       time.Duration `yaml:"cooldown" fast:"2s" standard:"1m" unit:"time" min:"0s" max:"24h" help:"wait between two additions for a node"`
}
