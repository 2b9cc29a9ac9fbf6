package selfplaycoordinator

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("SELFPLAY_COORDINATOR")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	Workloads workload.Set
	// Configs returns the keys of the configurations that are to be trained now; nil: none.
	Configs func() []string
	// Terms are the settings that the training loop of a configuration goes by now.
	Terms func(configKey string) pipeline.Terms
	// Settings are those of the plan now; nil: DefaultSettings.
	Settings func() Settings
	// Interval is the pause between two rounds that no event asked for; 5 s.
	Interval time.Duration
}

// Settings are what a plan is made by.
type Settings struct {
	Version string // names these values
	// BudgetGames are shared out over the configurations, so many for each of them.
	BudgetGames int64
	// AheadGames are the most that a configuration may have beyond what its next dataset needs.
	AheadGames int64
	// FloorShare is the least of a plan, as a part of an equal share, CapShare the most.
	FloorShare, CapShare float64
	// GamesPerJob is how many games one job plays.
	GamesPerJob int64
	// PlanInterval is the least time between two plans that differ in shares alone.
	PlanInterval time.Duration
	// BootstrapGames are what a configuration begins with: below, it comes before the others.
	BootstrapGames int64
	// MaxSearchBudget is the most that a training plan raises the search budget to, in simulations; 0: as far as it says.
	MaxSearchBudget int
	// GoodQuality is what games should be worth, 0 to 1: a configuration whose newest ones are worth less plays fewer;
	// 0: that makes no difference.
	GoodQuality float64
	// Params are those of the selfplay command but for games and model.
	Params map[string]any
	// Idle is what nodes that nothing works on get beside the plan.
	Idle IdleSettings
}

// DefaultSettings returns the figures of specs/03 2.2.
func DefaultSettings() Settings {
	return Settings{Version: "default", BudgetGames: 500, AheadGames: 1000, FloorShare: .25, CapShare: .3, GamesPerJob: 50, PlanInterval: 5 * time.Minute, BootstrapGames: 500, GoodQuality: .7}
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newCoordinator(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_selfplay_coordinator",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 5*time.Second)
	if c.Settings == nil {
		c.Settings = DefaultSettings
	}
	return c
}
