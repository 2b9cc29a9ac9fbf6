package feedbackloop

import (
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("FEEDBACK_LOOP")

// patience is how long an order may wait before that is worth a look.
const patience = time.Minute

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Configs returns the keys of the configurations that are to be trained now; nil: none.
	Configs func() []string
	// Terms are the settings that the training loop of a configuration goes by now; nil: none are known.
	Terms func(configKey string) pipeline.Terms
	// Policy is what evidence is judged by now; nil: feedback.DefaultPolicy.
	Policy func() feedback.Policy
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newLoop(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryFeedback, Runner: "create_feedback_loop",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Critical: true, Scope: spec.ScopeCluster, StartupPosition: 3, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	if c.Terms == nil {
		c.Terms = func(string) pipeline.Terms { return pipeline.Terms{} }
	}
	if c.Policy == nil {
		c.Policy = feedback.DefaultPolicy
	}
	return c
}
