package metricsanalysis

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("METRICS_ANALYSIS")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Configs returns the keys of the configurations that are trained now; nil: none.
	Configs func() []string
	// Terms are the settings that a configuration goes by now: the harness is that of the ratings.
	Terms func(configKey string) pipeline.Terms
	// Settings are those that hold now; nil: DefaultSettings.
	Settings func() Settings
	// Interval is the pause between two rounds that no event asked for; 30 s.
	Interval time.Duration
}

// Settings are when a curve is flat, falls or is odd.
type Settings struct {
	// WindowPoints of a curve are looked at, the newest.
	WindowPoints int
	// PlateauPoints without a better one are a plateau; better is by more than MinImprovement.
	PlateauPoints  int
	MinImprovement float64
	// A value that is worse than the best by these shares of it is a regression; ratings go by Elo instead.
	MinorDrop, SevereDrop, CriticalDrop float64
	// OutlierZ is how many standard deviations off the mean a point is odd.
	OutlierZ float64
}

// DefaultSettings returns the figures of specs/03 6.3.
func DefaultSettings() Settings {
	return Settings{WindowPoints: 100, PlateauPoints: 10, MinImprovement: .001, MinorDrop: .05, SevereDrop: .1, CriticalDrop: .2, OutlierZ: 3}
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newAnalysis(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryMisc, Runner: "create_metrics_analysis",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 30*time.Second)
	if c.Settings == nil {
		c.Settings = DefaultSettings
	}
	return c
}
