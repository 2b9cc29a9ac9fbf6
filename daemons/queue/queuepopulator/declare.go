package queuepopulator

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("QUEUE_POPULATOR")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Interval is the pause between two rounds that no event asked for; 5 s.
	Interval time.Duration
	// Depth is how many self-play jobs are to wait; 100, and twice the number of nodes if that is more.
	Depth int64
	// Batch is how many jobs one round adds at most; 100, at most ledger.MaxSubmissions.
	Batch int64
	// From Soft waiting jobs of all kinds on, only Trickle self-play jobs are kept waiting, from Hard on none is added;
	// as usual again from Recover on. 500, 50, 1000 and 200.
	Soft, Trickle, Hard, Recover int64
	// Priority is that of the jobs; 75.
	Priority int64
	// RunLimit is how long a job may run; 1 h.
	RunLimit time.Duration
	// Window is how long nothing may be completed, three times in a row, until it is suspected that nothing works;
	// 120 s.
	Window time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newPopulator(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryQueue, Runner: "create_queue_populator",
		DependsOn: []spec.Type{"EVENT_ROUTER", "SELFPLAY_COORDINATOR"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Critical: true, Scope: spec.ScopeCluster, StartupPosition: 5, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 5*time.Second)
	c.Depth = cmp.Or(c.Depth, 100)
	c.Batch = cmp.Or(c.Batch, 100)
	c.Soft = cmp.Or(c.Soft, 500)
	c.Trickle = cmp.Or(c.Trickle, 50)
	c.Hard = cmp.Or(c.Hard, 1000)
	c.Recover = cmp.Or(c.Recover, 200)
	c.Priority = cmp.Or(c.Priority, 75)
	c.RunLimit = cmp.Or(c.RunLimit, time.Hour)
	c.Window = cmp.Or(c.Window, 2*time.Minute)
	return c
}
