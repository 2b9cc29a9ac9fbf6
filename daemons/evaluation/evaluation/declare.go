package evaluation

import (
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("EVALUATION")

// patience is how long an order may wait before that is worth a look.
const patience = 2 * time.Hour

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose models are evaluated.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		work := &evaluating{workloads: config.Workloads, settings: config.settings, jobs: rt.Jobs, stuck: newStuck(rt.Bus)}
		return &daemon{
			Desk: pipeline.NewDesk(rt, patience, pipeline.NewOwner(spec.StageEvaluating, work, rt.Bus)),
			rt:   rt, work: work, keeper: queuelevel.New(rt.Bus, pipeline.EvaluationCalm),
		}, nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvaluation, Runner: "create_evaluation_daemon",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 17, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings { return pipeline.Current(c.Settings).withDefaults() }
