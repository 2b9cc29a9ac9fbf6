package thresholds

import "time"

// Tournament is for TOURNAMENT_DAEMON.
type Tournament struct {
	LadderInterval      time.Duration `yaml:"ladder_interval" fast:"1m" standard:"1h" unit:"time" min:"1s" max:"720h" help:"how often the models of a config play each other, as long as a decision depends on games that do not tell yet"`
	Models              int           `yaml:"models" fast:"4" standard:"6" unit:"models" min:"2" max:"20" help:"the most that take part: those in office first, then those before them"`
	GamesPerPair        int           `yaml:"games_per_pair" fast:"30" standard:"30" unit:"games" min:"1" max:"1000" help:"games of each pair in one tournament"`
	GamesEnough         int           `yaml:"games_enough" fast:"120" standard:"400" unit:"games" min:"1" max:"1000000" help:"a pair that has met so often is not played again; from production.min_games on neither is one whose games are certain"`
	CalibrationInterval time.Duration `yaml:"calibration_interval" fast:"10m" standard:"24h" unit:"time" min:"1m" max:"720h" help:"how often the baselines of a config play each other once they score as they should, if anybody was measured since"`
	CalibrationGames    int           `yaml:"calibration_games" fast:"60" standard:"100" unit:"games" min:"20" max:"10000" help:"games of each two neighbouring baselines in a calibration"`
	ValidShare          float64       `yaml:"valid_share" fast:"0.8" standard:"0.8" unit:"share of the games" min:"0.5" max:"1" help:"a tournament with fewer games that count is no evidence"`
}
