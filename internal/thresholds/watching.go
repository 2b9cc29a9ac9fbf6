package thresholds

import "time"

// Quality is for QUALITY_MONITOR, and for those who go by what it says.
type Quality struct {
	SampleGames   int           `yaml:"sample_games" fast:"100" standard:"100" unit:"games" min:"1" max:"50000" help:"the newest so many games of a config are judged on each node"`
	Excellent     float64       `yaml:"excellent" fast:"0.9" standard:"0.9" unit:"score, 0 to 1" min:"0" max:"1" help:"the state excellent begins here"`
	Good          float64       `yaml:"good" fast:"0.7" standard:"0.7" unit:"score, 0 to 1" min:"0" max:"1" help:"the state good begins here; for less good games producers slow down"`
	Degraded      float64       `yaml:"degraded" fast:"0.5" standard:"0.5" unit:"score, 0 to 1" min:"0" max:"1" help:"the state degraded begins here; below is poor"`
	Warning       float64       `yaml:"warning" fast:"0.6" standard:"0.6" unit:"score, 0 to 1" min:"0" max:"1" help:"below this score producers are warned"`
	MinChange     float64       `yaml:"min_change" fast:"0.1" standard:"0.1" unit:"score, 0 to 1" min:"0" max:"1" help:"a score that moves so far is told, though the state is the same"`
	EventCooldown time.Duration `yaml:"event_cooldown" fast:"1s" standard:"30s" unit:"time" min:"0s" max:"24h" help:"wait between two events of a config; what is held back is told later"`
}

// Performance is for MODEL_PERFORMANCE_WATCHDOG.
type Performance struct {
	DegradedShare float64       `yaml:"degraded_share" fast:"0.2" standard:"0.55" unit:"share of the games" min:"0" max:"1" help:"a model in office that wins less against the heuristic baseline is weak, an alarm if a model before it is proven better; of more than two players it is what an equally strong one wins"`
	SevereShare   float64       `yaml:"severe_share" fast:"0.1" standard:"0.45" unit:"share of the games" min:"0" max:"1" help:"a model in office that wins less against the heuristic baseline is severely weak"`
	AlertCooldown time.Duration `yaml:"alert_cooldown" fast:"5s" standard:"5m" unit:"time" min:"0s" max:"24h" help:"wait between two alerts for a config; what is held back is told later"`
}

// Metrics is for METRICS_ANALYSIS.
type Metrics struct {
	WindowPoints   int     `yaml:"window_points" fast:"100" standard:"100" unit:"points" min:"10" max:"1000" help:"how much of a curve is looked at"`
	PlateauPoints  int     `yaml:"plateau_points" fast:"10" standard:"10" unit:"points" min:"2" max:"1000" help:"so many without a better one are a plateau"`
	MinImprovement float64 `yaml:"min_improvement" fast:"0.001" standard:"0.001" unit:"of the metric's own" min:"0" max:"1000" help:"how much better counts as better"`
	MinorDrop      float64 `yaml:"minor_drop" fast:"0.05" standard:"0.05" unit:"share of the best" min:"0.001" max:"1" help:"a value so much worse than the best is a minor regression; of ratings it is 20, 35, 50 and 75 Elo"`
	SevereDrop     float64 `yaml:"severe_drop" fast:"0.1" standard:"0.1" unit:"share of the best" min:"0.001" max:"1" help:"a value so much worse than the best is a severe regression"`
	CriticalDrop   float64 `yaml:"critical_drop" fast:"0.2" standard:"0.2" unit:"share of the best" min:"0.001" max:"1" help:"a value so much worse than the best is a critical regression"`
	OutlierZ       float64 `yaml:"outlier_z" fast:"3" standard:"3" unit:"standard deviations" min:"1" max:"100" help:"a value so far from the mean is odd"`
}
