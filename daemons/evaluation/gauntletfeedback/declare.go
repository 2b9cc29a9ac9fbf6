package gauntletfeedback

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("GAUNTLET_FEEDBACK")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Policy is that of a configuration now; nil: DefaultPolicy.
	Policy func(configKey string) Policy
	// Interval is the pause between two looks that no event asked for; 1 min.
	Interval time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config.Interval = cmp.Or(config.Interval, time.Minute)
		if config.Policy == nil {
			config.Policy = func(string) Policy { return DefaultPolicy() }
		}
		return newDaemon(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvaluation, Runner: "create_gauntlet_feedback",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}
