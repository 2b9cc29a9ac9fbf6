package thresholds

import "time"

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
	StuckAfter       time.Duration  `yaml:"stuck_after" fast:"1m" standard:"1h" unit:"time" min:"1s" max:"168h" help:"an evaluation that has not moved on for so long is told of"`
	PressureOn       int            `yaml:"pressure_on" fast:"8" standard:"8" unit:"evaluations" min:"2" max:"1000" help:"so many open ones hold training back and slow self-play down"`
	PressureOff      int            `yaml:"pressure_off" fast:"4" standard:"4" unit:"evaluations" min:"1" max:"1000" help:"so few end that"`
}

// Promote is for AUTO_PROMOTION.
type Promote struct {
	MinGames    ByPlayers[int]     `yaml:"min_games" fast:"50,50,50" standard:"50,70,100" unit:"games" min:"1" max:"100000" help:"games against each baseline that a promotion requires"`
	RandomFloor ByPlayers[float64] `yaml:"random_floor" fast:"0.7,0.5,0.4" standard:"0.7,0.5,0.4" unit:"share of the games" min:"0.01" max:"0.9" help:"the share won against random is at least this, by its lower bound"`
	Cooldown    time.Duration      `yaml:"cooldown" fast:"0s" standard:"5m" unit:"time" min:"0s" max:"168h" help:"wait between two promotions of a config"`
}
