package continuoustrainingloop

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("CONTINUOUS_TRAINING_LOOP")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Pipelines are the training loops of the configurations; nil: none can be asked, so no turn begins.
	Pipelines pipeline.Workflows
	// Interval is the pause between two rounds that no event asked for; 10 s.
	Interval time.Duration
	// Cooldown is the pause between two turns, Backoff that after three in a row which came to nothing, DeferPause that
	// until a loop looks again whether an older one is done with its configuration; 1 min, 5 min and 1 min.
	Cooldown, Backoff, DeferPause time.Duration
	// Limit is how long an iteration may take until it counts as late; 2 h.
	Limit time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newDaemon(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryPipeline, Runner: "create_continuous_training_loop",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, Roles: []spec.Role{spec.RoleTraining}, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 10*time.Second)
	c.Cooldown, c.Backoff = cmp.Or(c.Cooldown, time.Minute), cmp.Or(c.Backoff, 5*time.Minute)
	c.DeferPause, c.Limit = cmp.Or(c.DeferPause, time.Minute), cmp.Or(c.Limit, 2*time.Hour)
	return c
}
