package tournamentdaemon

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("TOURNAMENT_DAEMON")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose models play.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
	// Interval is the pause between two looks that no event asked for; 10 s.
	Interval time.Duration
}

// Settings are how tournaments are played. Zero means the default.
type Settings struct {
	// LadderInterval is the least time between two tournaments of a configuration; 1 h.
	LadderInterval time.Duration
	// Models is how many of a configuration take part at most; 6.
	Models int
	// GamesPerPair is how many games each pair has in a tournament; 30.
	GamesPerPair int
	// GamesEnough of a pair, in all tournaments, need no more; 400. GamesLeast, as many as production asks for, need no more
	// if they are certain, or if no decision depends on them; 100.
	GamesEnough, GamesLeast int64
	// Required is the share of the games against a baseline that production asks of the canonical model, 0 to 1; what is not
	// there or 0 decides nothing.
	Required map[string]promotion.ByPlayers[float64]
	// CalibrationInterval is the least time between two calibrations that hold, if somebody was rated since; 24 h, −1: there
	// are none. One that does not hold is repeated after LadderInterval.
	CalibrationInterval time.Duration
	// CalibrationGames is how many games each two neighbouring baselines have in a calibration; 100.
	CalibrationGames int
	// ValidShare is how many games of a tournament must count for it to be evidence, 0 to 1; 0.8.
	ValidShare float64
	// Harness, SearchBudget and OpeningPlies are as in evaluations, so that ratings compare: empty and 0 are the
	// workload's own, −1 plies are none.
	Harness      string
	SearchBudget int
	OpeningPlies int
	// Version names these values.
	Version string
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config.Interval = cmp.Or(config.Interval, 10*time.Second)
		return newDaemon(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_tournament_daemon",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings {
	var s Settings
	if c.Settings != nil {
		s = c.Settings()
	}
	s.LadderInterval = cmp.Or(s.LadderInterval, time.Hour)
	s.Models = cmp.Or(s.Models, 6)
	s.GamesPerPair = cmp.Or(s.GamesPerPair, 30)
	s.GamesEnough = cmp.Or(s.GamesEnough, 400)
	s.GamesLeast = cmp.Or(s.GamesLeast, 100)
	s.CalibrationInterval = cmp.Or(s.CalibrationInterval, 24*time.Hour)
	s.CalibrationGames = cmp.Or(s.CalibrationGames, 100)
	s.ValidShare = cmp.Or(s.ValidShare, .8)
	s.Version = cmp.Or(s.Version, "default")
	return s
}
