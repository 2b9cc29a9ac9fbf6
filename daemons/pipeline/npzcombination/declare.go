package npzcombination

import (
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("NPZ_COMBINATION")

// patience is how long an order may wait before that is worth a look.
const patience = 10 * time.Minute

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose datasets are mixed.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		work := &combining{config}
		return pipeline.NewDesk(rt, patience, pipeline.NewOwner(spec.StageCombining, work, rt.Bus)), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_npz_combination",
		DependsOn: []spec.Type{"EVENT_ROUTER", "DATA_PIPELINE"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		HealthCheckInterval: time.Minute, Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings { return pipeline.Current(c.Settings).withDefaults() }
