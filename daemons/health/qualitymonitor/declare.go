package qualitymonitor

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// Type is the daemon's name.
const Type = quality.Reporter

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads judge the games that nobody has scored, by Runner; nil: such games stay unjudged.
	Workloads workload.Set
	Runner    *run.Runner
	// Settings are those that hold now; nil: DefaultSettings.
	Settings func() Settings
	// Interval is the pause between two rounds that no event asked for; 15 s.
	Interval time.Duration
}

// Settings are how games are judged.
type Settings struct {
	// SampleGames are looked at, the newest of a configuration.
	SampleGames int
	Limits      quality.Limits
	// Warning is the score below which producers are warned.
	Warning float64
	// MinChange is how far a score must have moved to be told although the state is the same.
	MinChange float64
	// Cooldown is the pause between two events of a configuration.
	Cooldown time.Duration
}

// DefaultSettings returns the figures of specs/04.
func DefaultSettings() Settings {
	return Settings{
		SampleGames: 100, Limits: quality.Limits{Excellent: .9, Good: .7, Degraded: .5}, Warning: .6, MinChange: .1, Cooldown: 30 * time.Second,
	}
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newMonitor(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_quality_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, StartupPosition: 15, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 15*time.Second)
	if c.Settings == nil {
		c.Settings = DefaultSettings
	}
	return c
}
