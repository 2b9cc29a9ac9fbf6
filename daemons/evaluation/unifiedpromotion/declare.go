package unifiedpromotion

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("UNIFIED_PROMOTION")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Settings are those of a configuration now; nil: the defaults.
	Settings func(configKey string) Settings
	// Interval is the pause between two sweeps that no event asked for; 5 min.
	Interval time.Duration
}

// Settings are how production of one configuration is guarded. Zero means the default.
type Settings struct {
	// Policy has the thresholds; one without a name is promotion.DefaultGuardPolicy.
	Policy promotion.GuardPolicy
	// Harness is the name under which ratings and tournaments count; empty: nothing is rated.
	Harness string
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config.Interval = cmp.Or(config.Interval, 5*time.Minute)
		return newDaemon(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvaluation, Runner: "create_unified_promotion",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 18, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings(configKey string) Settings {
	var settings Settings
	if c.Settings != nil {
		settings = c.Settings(configKey)
	}
	if settings.Policy.Name == "" {
		settings.Policy = promotion.DefaultGuardPolicy()
	}
	return settings
}
