package dataconsolidation

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("DATA_CONSOLIDATION")

// patience is how long an order may wait before that is worth a look.
const patience = 10 * time.Minute

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose games are merged.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
	// Terms are what DATA_PIPELINE goes by, so that both ask for the same number of games; nil: one game is enough.
	Terms func(configKey string) pipeline.Terms
}

// Settings are which games are taken. Zero means the default.
type Settings struct {
	// MinMoves is how many moves a game must have; 5, −1: any number.
	MinMoves int
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		work := &merging{Config: config, node: rt.Node, files: rt.Files, spoilt: newSpoilt()}
		return &daemon{pipeline.NewDesk(rt, patience, pipeline.NewOwner(spec.StageConsolidating, work, rt.Bus)), work.spoilt}, nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_data_consolidation",
		DependsOn: []spec.Type{"EVENT_ROUTER", "DATA_PIPELINE"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, Roles: []spec.Role{spec.RoleCoordinator}, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) minMoves() int { return max(0, cmp.Or(pipeline.Current(c.Settings).MinMoves, 5)) }

func (c Config) terms(configKey string) pipeline.Terms {
	if c.Terms == nil {
		return pipeline.Terms{}
	}
	return c.Terms(configKey)
}
