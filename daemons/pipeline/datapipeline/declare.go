package datapipeline

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("DATA_PIPELINE")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Configs returns the keys of the configurations that are to be trained now; nil: none.
	Configs func() []string
	// Terms are the settings that a configuration goes by now.
	Terms func(configKey string) pipeline.Terms
	// Fault is what is wrong with the file of the settings, so that older ones are in force; nil: nobody knows of any.
	Fault func() error
	// Pipelines are the workflows.
	Pipelines pipeline.Workflows
	// Interval is the pause between two rounds that no event asked for; 15 s.
	Interval time.Duration
	// MinNodes are to hold a promoted model before an iteration goes on; 1.
	MinNodes int
	// Aside is how long the games are waited for of nodes that are away; 1 min. Then the cut goes on without them, and a
	// later one takes them once their node is back.
	Aside time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newDaemon(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_data_pipeline",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Critical: true, Scope: spec.ScopeCluster, StartupPosition: 2, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 15*time.Second)
	c.MinNodes = cmp.Or(c.MinNodes, 1)
	c.Aside = cmp.Or(c.Aside, time.Minute)
	return c
}
