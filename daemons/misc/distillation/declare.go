package distillation

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("DISTILLATION")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose models are distilled; one without the command is left alone.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
	// Interval is the pause between two rounds that no event asked for; 30 s.
	Interval time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config.Interval = cmp.Or(config.Interval, 30*time.Second)
		return newDistiller(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryMisc, Runner: "create_distillation",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 16, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings {
	if c.Settings == nil {
		return Settings{}.withDefaults()
	}
	return c.Settings().withDefaults()
}
