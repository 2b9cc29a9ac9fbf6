package autoexport

import (
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("AUTO_EXPORT")

// patience is how long an order may wait before that is worth a look.
const patience = 10 * time.Minute

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose games are exported.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
}

// Settings are what is taken of the games. Zero means the default.
type Settings struct {
	// MinMoves leaves shorter games out of datasets, for ever; 0: all that were consolidated are taken.
	MinMoves int
	// MaxSamples is how many samples a dataset has at most; what is over is in none. 0: all.
	MaxSamples int
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		work := &exporting{config}
		return pipeline.NewDesk(rt, patience, pipeline.NewOwner(spec.StageExporting, work, rt.Bus)), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_auto_export",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings { return pipeline.Current(c.Settings) }
