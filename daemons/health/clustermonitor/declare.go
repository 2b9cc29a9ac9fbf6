package clustermonitor

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("CLUSTER_MONITOR")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Interval is the pause between two quick looks; nodes.ReportInterval. The ledger's LastSeen of a live node is
	// at most that old, so it stays well below 15 s.
	Interval time.Duration
	// FullInterval is the pause between two full looks; 30 s.
	FullInterval time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newMonitor(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_cluster_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeCluster, StartupPosition: 10, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, nodes.ReportInterval)
	c.FullInterval = cmp.Or(c.FullInterval, 30*time.Second)
	return c
}
