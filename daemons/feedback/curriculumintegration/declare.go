package curriculumintegration

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("CURRICULUM_INTEGRATION")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Configs returns the keys of the configurations that are to be trained now; nil: none.
	Configs func() []string
	// Terms are the settings that the training loop of a configuration goes by now; nil: none are known.
	Terms func(configKey string) pipeline.Terms
	// Policy is what evidence is judged by now; nil: feedback.DefaultPolicy.
	Policy func() feedback.Policy
	// Interval is the pause between two rounds that no event asked for; 10 s.
	Interval time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newIntegration(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryFeedback, Runner: "create_curriculum_integration",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 10*time.Second)
	if c.Terms == nil {
		c.Terms = func(string) pipeline.Terms { return pipeline.Terms{} }
	}
	if c.Policy == nil {
		c.Policy = feedback.DefaultPolicy
	}
	return c
}
