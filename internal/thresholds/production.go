package thresholds

import "time"

// Production is for UNIFIED_PROMOTION.
type Production struct {
	MinElo           float64            `yaml:"min_elo" fast:"0" standard:"1650" unit:"Elo" min:"0" max:"4000" help:"rating that production requires; 0: any"`
	MinGainElo       float64            `yaml:"min_gain_elo" fast:"25" standard:"25" unit:"Elo" min:"0" max:"1000" help:"how much higher than the model in production a canonical one must be rated"`
	MinWinElo        float64            `yaml:"min_win_elo" fast:"14" standard:"14" unit:"Elo" min:"0" max:"1000" help:"how far it must beat that model; 14 Elo are 52 % of the games of two players"`
	MinGames         int                `yaml:"min_games" fast:"50" standard:"100" unit:"games" min:"1" max:"1000000" help:"games against each of these opponents that production requires"`
	RandomShare      ByPlayers[float64] `yaml:"random_share" fast:"0.8,0.7,0.6" standard:"0.9,0.82,0.75" unit:"share of the games" min:"0" max:"1" help:"share won against random that production requires; 0: any"`
	HeuristicShare   ByPlayers[float64] `yaml:"heuristic_share" fast:"0.2,0.15,0.1" standard:"0.6,0.43,0.33" unit:"share of the games" min:"0" max:"1" help:"share won against the baseline heuristic that production requires; 0: any"`
	RollbackDropElo  float64            `yaml:"rollback_drop_elo" fast:"30" standard:"30" unit:"Elo" min:"1" max:"1000" help:"a model in production that is rated so far below the model before it is worse; some boards have a limit of their own"`
	RollbackLossElo  float64            `yaml:"rollback_loss_elo" fast:"-70" standard:"-70" unit:"Elo" min:"-1000" max:"-1" help:"one that does so badly against the model before it is worse; -70 Elo are 40 % of the games of two players"`
	RollbackChecks   int                `yaml:"rollback_checks" fast:"3" standard:"3" unit:"checks" min:"1" max:"50" help:"tournaments in a row that must find it worse before it is taken back"`
	RollbackGames    int                `yaml:"rollback_games" fast:"20" standard:"20" unit:"games" min:"1" max:"100000" help:"games against the model before it that each of these tournaments rests on"`
	RollbackCooldown time.Duration      `yaml:"rollback_cooldown" fast:"10s" standard:"1h" unit:"time" min:"0s" max:"168h" help:"wait between two rollbacks of a config"`
	RollbacksPerDay  int                `yaml:"rollbacks_per_day" fast:"3" standard:"3" unit:"rollbacks" min:"1" max:"100" help:"more rollbacks of a config within 24 hours are left to a human"`
}
