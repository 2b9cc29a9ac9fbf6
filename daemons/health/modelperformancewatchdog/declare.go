package modelperformancewatchdog

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("MODEL_PERFORMANCE_WATCHDOG")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Configs returns the keys of the configurations that are trained now; nil: none.
	Configs func() []string
	// Terms are the settings that a configuration goes by now: the harness is that under which models are compared.
	Terms func(configKey string) pipeline.Terms
	// Settings are those that hold now; nil: DefaultSettings.
	Settings func() Settings
	// Interval is the pause between two rounds that no event asked for; 1 min.
	Interval time.Duration
}

// Settings are when a model counts as too weak.
type Settings struct {
	// A model that wins less than DegradedShare of its games against the heuristic baseline is weak, below SevereShare
	// severely: 0 to 1, of games of two players. Of more players it is the share that an equally strong one wins.
	DegradedShare, SevereShare float64
	// Cooldown is the pause between two alarms for one office of a configuration.
	Cooldown time.Duration
}

// DefaultSettings returns the figures of specs/04.
func DefaultSettings() Settings {
	return Settings{DegradedShare: .55, SevereShare: .45, Cooldown: 5 * time.Minute}
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newWatchdog(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_model_performance_watchdog",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, time.Minute)
	if c.Settings == nil {
		c.Settings = DefaultSettings
	}
	return c
}
