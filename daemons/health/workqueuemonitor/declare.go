package workqueuemonitor

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("WORK_QUEUE_MONITOR")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Interval is the pause between two looks that no event asked for; 60 s. Rest is the least between two; 10 s.
	Interval, Rest time.Duration
	// Above On waiting jobs there is back-pressure, until there are Off or fewer; 100 and 70.
	On, Off int64
	// StuckAfter is how long a node may have a job without beginning it; 300 s.
	StuckAfter time.Duration
	// NodeJobs is how many jobs a node may have, if it has no more CPUs than that; 5.
	NodeJobs int64
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newMonitor(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_work_queue_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER", "QUEUE_POPULATOR"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 6, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, time.Minute)
	c.Rest = cmp.Or(c.Rest, 10*time.Second)
	c.On = cmp.Or(c.On, 100)
	c.Off = cmp.Or(c.Off, 70)
	c.StuckAfter = cmp.Or(c.StuckAfter, 5*time.Minute)
	c.NodeJobs = cmp.Or(c.NodeJobs, 5)
	return c
}
