package autopromotion

import (
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("AUTO_PROMOTION")

// patience is how long an order may wait before that is worth a look.
const patience = 10 * time.Minute

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose models are promoted.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
}

// Settings are how candidates are judged. Zero means the default.
type Settings struct {
	// Policy has the thresholds; one without a name is promotion.DefaultPolicy. EVALUATION plays what it asks for.
	Policy promotion.Policy
	// Architecture is that of generation 0, as the workload calls it; empty: the workload's default.
	Architecture string
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		decisions := &deciding{settings: config.settings, streaks: newStreaks()}
		return &daemon{
			Desk: pipeline.NewDesk(rt, patience,
				pipeline.NewOwner(spec.StageInitialising, &initialising{config.Workloads, config.settings}, rt.Bus),
				pipeline.NewOwner(spec.StageDeciding, decisions, rt.Bus)),
			streaks: decisions.streaks,
		}, nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvaluation, Runner: "create_auto_promotion",
		DependsOn: []spec.Type{"EVENT_ROUTER", "EVALUATION"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 19, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings {
	settings := pipeline.Current(c.Settings)
	if settings.Policy.Name == "" {
		settings.Policy = promotion.DefaultPolicy()
	}
	return settings
}
