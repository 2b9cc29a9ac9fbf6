package thresholds

import "time"

// Selfplay is for SELFPLAY_COORDINATOR.
type Selfplay struct {
	GamesPerJob    int           `yaml:"games_per_job" fast:"50" standard:"50" unit:"games" min:"1" max:"100000" help:"games of one job"`
	PlanInterval   time.Duration `yaml:"plan_interval" fast:"30s" standard:"5m" unit:"time" min:"100ms" max:"24h" help:"how often games are shared out among the configs"`
	BudgetGames    int           `yaml:"budget_games" fast:"200" standard:"500" unit:"games" min:"1" max:"1000000" help:"games that one plan shares out, times the number of configs"`
	SearchBudget   int           `yaml:"search_budget" fast:"48" standard:"200" unit:"simulations" min:"0" max:"100000" help:"search for each move, before a training plan multiplies it; 0: the workload's own, which no plan changes"`
	OpeningPlies   int           `yaml:"opening_plies" fast:"0" standard:"0" unit:"moves" min:"0" max:"100" help:"random moves at the start of a game"`
	Temperature    float64       `yaml:"temperature" fast:"1" standard:"1" unit:"factor" min:"0" max:"10" help:"how freely the first moves are drawn; 0: always the best move"`
	Exploration    float64       `yaml:"exploration" fast:"0.25" standard:"0.25" unit:"share" min:"0" max:"1" help:"share of noise at the root of each search"`
	FloorShare     float64       `yaml:"floor_share" fast:"0.25" standard:"0.25" unit:"share of an equal share" min:"0" max:"1" help:"the least that a config gets of a plan, as a part of what it would get if all got the same"`
	CapShare       float64       `yaml:"cap_share" fast:"0.3" standard:"0.3" unit:"share of a plan" min:"0.05" max:"1" help:"the most that a config gets of a plan, where there are configs enough to take the rest"`
	BootstrapGames int           `yaml:"bootstrap_games" fast:"200" standard:"500" unit:"games" min:"0" max:"1000000" help:"configs with fewer games come first"`
	AheadGames     int           `yaml:"ahead_games" fast:"200" standard:"1000" unit:"games" min:"0" max:"100000000" help:"so many games beyond those that the next dataset needs may wait before a config's self-play rests"`
}

// Disk is for JOB_SCHEDULER, TRAINING_TRIGGER and AUTO_SYNC. Preset fast is for desks, whose disks are fuller than a cluster's.
type Disk struct {
	MaxUsed float64 `yaml:"max_used" fast:"0.97" standard:"0.93" unit:"share" min:"0.1" max:"1" help:"a node whose disk is fuller, as df counts, gets no jobs and fetches no games"`
}

// Idle is for IDLE_RESOURCE, which measures it, and for SELFPLAY_COORDINATOR, which decides what is played then.
type Idle struct {
	After    time.Duration `yaml:"after" fast:"20s" standard:"2m" unit:"time" min:"1s" max:"24h" help:"for how long nothing has worked on a node until it is given games that no plan asks for"`
	MaxCPU   float64       `yaml:"max_cpu" fast:"0.3" standard:"0.3" unit:"share of the processors" min:"0.01" max:"1" help:"so much may work on a node that is idle all the same"`
	MaxGPU   float64       `yaml:"max_gpu" fast:"10" standard:"10" unit:"percent" min:"0.1" max:"100" help:"so much may each of its GPUs be in use"`
	Games    int           `yaml:"games" fast:"25" standard:"25" unit:"games" min:"1" max:"100000" help:"games that an idle node without GPU is given at a time"`
	GPUGames int           `yaml:"gpu_games" fast:"50" standard:"50" unit:"games" min:"1" max:"100000" help:"games that one with a GPU is given"`
	Ceiling  int           `yaml:"ceiling" fast:"3000" standard:"3000" unit:"games" min:"1" max:"100000000" help:"a config with so many games gets no more this way"`
	Cooldown time.Duration `yaml:"cooldown" fast:"10s" standard:"1m" unit:"time" min:"1s" max:"24h" help:"wait between two such gifts to one node"`
}

// Export is for AUTO_EXPORT and for the pipeline, that cuts the games.
type Export struct {
	MinGames     ByPlayers[int] `yaml:"min_games" fast:"200,200,200" standard:"50,75,100" unit:"games" min:"1" max:"1000000" help:"new games that make a dataset"`
	BootstrapMin ByPlayers[int] `yaml:"bootstrap_min" fast:"200,200,200" standard:"20,30,40" unit:"games" min:"1" max:"1000000" help:"new games that make a dataset before the first promotion of a config"`
	MaxSamples   int            `yaml:"max_samples" fast:"100000" standard:"500000" unit:"samples" min:"100" max:"1000000000" help:"the most that one dataset holds"`
	MinMoves     int            `yaml:"min_moves" fast:"4" standard:"10" unit:"moves" min:"1" max:"10000" help:"shorter games are left out"`
}

// Combine is for NPZ_COMBINATION.
type Combine struct {
	WindowDatasets  int           `yaml:"window_datasets" fast:"10" standard:"20" unit:"datasets" min:"1" max:"1000" help:"so many of the newest datasets are mixed"`
	WindowAge       time.Duration `yaml:"window_age" fast:"24h" standard:"168h" unit:"time" min:"1m" max:"8760h" help:"older datasets are left out"`
	MaxSamples      int           `yaml:"max_samples" fast:"200000" standard:"2000000" unit:"samples" min:"100" max:"1000000000" help:"the most that a training set holds"`
	FreshnessFactor float64       `yaml:"freshness_factor" fast:"1.5" standard:"1.5" unit:"factor" min:"1" max:"10" help:"weight of a dataset that was just made; an old one has 1"`
	HalfLife        time.Duration `yaml:"half_life" fast:"10m" standard:"24h" unit:"time" min:"1s" max:"8760h" help:"age at which the weight of a dataset has fallen to 1"`
	MaxRepeat       int           `yaml:"max_repeat" fast:"3" standard:"3" unit:"times" min:"1" max:"100" help:"how often a weight may repeat a sample"`
	HoldoutFraction float64       `yaml:"holdout_fraction" fast:"0.1" standard:"0.1" unit:"share of the games" min:"0.01" max:"0.5" help:"kept apart, to see whether a training has learnt"`
}
