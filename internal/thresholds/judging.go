package thresholds

import "time"

// Promote is for AUTO_PROMOTION.
type Promote struct {
	MinGames           ByPlayers[int]     `yaml:"min_games" fast:"50,50,50" standard:"50,70,100" unit:"games" min:"1" max:"100000" help:"games against each baseline that a promotion requires"`
	MinHeadToHeadGames int                `yaml:"min_head_to_head_games" fast:"40" standard:"200" unit:"games" min:"1" max:"100000" help:"games against the canonical model that a promotion requires"`
	RandomFloor        ByPlayers[float64] `yaml:"random_floor" fast:"0.7,0.5,0.4" standard:"0.7,0.5,0.4" unit:"share of the games" min:"0" max:"0.9" help:"the share won against random is at least this, by its lower bound"`
	Confidence         float64            `yaml:"confidence" fast:"0.95" standard:"0.95" unit:"probability" min:"0.5" max:"0.999" help:"how sure the bounds and intervals are that a promotion goes by"`
	MinQuality         float64            `yaml:"min_quality" fast:"0.5" standard:"0.55" unit:"score, 0 to 1" min:"0" max:"1" help:"mean quality, as far as they are judged, of the games that a candidate has learnt from"`
	MinQualityGames    int                `yaml:"min_quality_games" fast:"100" standard:"20" unit:"games" min:"1" max:"1000000" help:"games among them that must have been judged for a promotion"`
	Cooldown           time.Duration      `yaml:"cooldown" fast:"0s" standard:"5m" unit:"time" min:"0s" max:"168h" help:"wait between two promotions of a config"`
}

// Production is for UNIFIED_PROMOTION.
type Production struct {
	MinElo           float64       `yaml:"min_elo" fast:"0" standard:"1650" unit:"Elo" min:"0" max:"4000" help:"rating that production requires; 0: any"`
	MinGainElo       float64       `yaml:"min_gain_elo" fast:"25" standard:"25" unit:"Elo" min:"0" max:"1000" help:"how much better than the production model a canonical one must be"`
	MinWinShare      float64       `yaml:"min_win_share" fast:"0.52" standard:"0.52" unit:"share of the games" min:"0" max:"1" help:"share won against the production model that production requires"`
	MinGames         int           `yaml:"min_games" fast:"50" standard:"100" unit:"games" min:"1" max:"1000000" help:"games against the production model that production requires"`
	RandomShare      float64       `yaml:"random_share" fast:"0.8" standard:"0.9" unit:"share of the games" min:"0" max:"1" help:"share won against random that production requires"`
	HeuristicShare   float64       `yaml:"heuristic_share" fast:"0.4" standard:"0.6" unit:"share of the games" min:"0" max:"1" help:"share won against the heuristic baseline that production requires"`
	RollbackDropElo  float64       `yaml:"rollback_drop_elo" fast:"30" standard:"30" unit:"Elo" min:"1" max:"1000" help:"a model whose rating has fallen so far is taken back"`
	RollbackWinShare float64       `yaml:"rollback_win_share" fast:"0.4" standard:"0.4" unit:"share of the games" min:"0" max:"1" help:"a model that wins less against the one before it is taken back"`
	RollbackChecks   int           `yaml:"rollback_checks" fast:"3" standard:"3" unit:"checks" min:"1" max:"100" help:"checks in a row that must say so before a model is taken back"`
	RollbackMinGames int           `yaml:"rollback_min_games" fast:"20" standard:"20" unit:"games" min:"1" max:"1000000" help:"games that each of these checks rests on"`
	RollbackCooldown time.Duration `yaml:"rollback_cooldown" fast:"1s" standard:"1h" unit:"time" min:"0s" max:"168h" help:"wait between two rollbacks of a config"`
	RollbacksPerDay  int           `yaml:"rollbacks_per_day" fast:"3" standard:"3" unit:"rollbacks" min:"0" max:"100" help:"more rollbacks of a config within 24 hours are left to a human"`
}

// Tournament is for TOURNAMENT_DAEMON.
type Tournament struct {
	LadderInterval       time.Duration `yaml:"ladder_interval" fast:"1m" standard:"1h" unit:"time" min:"1s" max:"720h" help:"how often the models of a config play each other"`
	CrossVersionInterval time.Duration `yaml:"cross_version_interval" fast:"2m" standard:"4h" unit:"time" min:"1s" max:"720h" help:"how often the canonical model plays its predecessors"`
	CalibrationInterval  time.Duration `yaml:"calibration_interval" fast:"5m" standard:"24h" unit:"time" min:"1s" max:"720h" help:"how often the baselines play each other"`
	GamesPerPair         int           `yaml:"games_per_pair" fast:"20" standard:"20" unit:"games" min:"1" max:"100000" help:"games of each pair"`
	ValidShare           float64       `yaml:"valid_share" fast:"0.8" standard:"0.8" unit:"share of the games" min:"0.5" max:"1" help:"a tournament with fewer games that count has failed"`
}
