package queuemonitor

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/retention"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("QUEUE_MONITOR")

// Queue is one queue of the pipeline.
type Queue struct {
	Name string
	// Kinds are those of the jobs that wait in it; without any, somebody else records its depth in the ledger.
	Kinds []string
	// From Soft on producers go slower, from Hard on they stop.
	Soft, Hard int64
	// Target is how full the queue should be; DrainPerHour is how much its consumers are meant to take.
	Target, DrainPerHour int64
}

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Interval is the pause between two measurements; 30 s.
	Interval time.Duration
	// Keep is how long depths and levels are remembered; retention.DepthAge.
	Keep   time.Duration
	Queues []Queue
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newMonitor(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_queue_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 30*time.Second)
	c.Keep = cmp.Or(c.Keep, retention.DepthAge)
	if c.Queues == nil {
		c.Queues = []Queue{
			{Name: "training_data", Soft: 100_000, Hard: 500_000, Target: 50_000, DrainPerHour: 10_000},
			{Name: queuelevel.PendingGames, Kinds: []string{"selfplay"}, Soft: 1000, Hard: 5000, Target: 500, DrainPerHour: 500},
			{Name: "evaluation", Kinds: []string{"evaluate", "match"}, Soft: 50, Hard: 200, Target: 20, DrainPerHour: 20},
			{Name: "promotion", Soft: 10, Hard: 50, Target: 5, DrainPerHour: 5},
			{Name: "sync", Kinds: []string{"sync"}, Soft: 100, Hard: 500, Target: 50, DrainPerHour: 100},
			{Name: "export", Kinds: []string{"export", "merge", "combine"}, Soft: 20, Hard: 100, Target: 10, DrainPerHour: 10},
		}
	}
	return c
}
