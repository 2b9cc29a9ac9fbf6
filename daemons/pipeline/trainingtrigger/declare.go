package trainingtrigger

import (
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// Type is the daemon's name.
const Type = spec.Type("TRAINING_TRIGGER")

// patience is how long an order may wait before that is worth a look.
const patience = 6 * time.Hour

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Workloads are those whose models are trained.
	Workloads workload.Set
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		work := &training{workloads: config.Workloads, settings: config.settings, bus: rt.Bus}
		return desk{pipeline.NewDesk(rt, patience, pipeline.NewOwner(spec.StageTraining, work, rt.Bus))}, nil
	}}
}

// desk also looks as soon as the pressure of evaluations has changed.
type desk struct{ *pipeline.Desk }

// Subscriptions implements host.Subscriber.
func (d desk) Subscriptions() []bus.Name {
	return append(d.Desk.Subscriptions(), "EVALUATION_BACKPRESSURE", "EVALUATION_BACKPRESSURE_RELEASED")
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_training_trigger",
		DependsOn: []spec.Type{"EVENT_ROUTER", "AUTO_EXPORT"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 9, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) settings() Settings { return pipeline.Current(c.Settings).withDefaults() }
