package idleresource

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("IDLE_RESOURCE")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Running is how many jobs run on the node now; nil: unknown, and so is whether the node is idle.
	Running func() int
	// Idleness takes what is measured into the node's report; nil: nobody hears of it there.
	Idleness *nodes.Idleness
	// Settings are those that hold now; nil: the defaults.
	Settings func() Settings
	// Interval is the pause between two looks; 15 s.
	Interval time.Duration
}

// Settings are what counts as idle. Zero means the default.
type Settings struct {
	// After is for how long a node is idle until it asks for work; 2 min.
	After time.Duration
	// MaxCPU is the share of its processors that may work on an idle node, 0 to 1; 0.3.
	MaxCPU float64
	// MaxGPU is how many percent of any of its GPUs may; 10.
	MaxGPU float64
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newDaemon(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryResource, Runner: "create_idle_resource",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts, Critical: true,
		Scope: spec.ScopeNode, Roles: []spec.Role{spec.RoleTraining, spec.RoleSelfplay}, StartupPosition: 8, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 15*time.Second)
	if c.Settings == nil {
		c.Settings = func() Settings { return Settings{} }
	}
	return c
}

func (c Config) settings() Settings {
	s := c.Settings()
	s.After, s.MaxCPU, s.MaxGPU = cmp.Or(s.After, 2*time.Minute), cmp.Or(s.MaxCPU, 0.3), cmp.Or(s.MaxGPU, 10)
	return s
}
