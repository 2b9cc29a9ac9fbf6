package elosync

import (
	"cmp"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("ELO_SYNC")

// Config is what the daemon is given. Zero means the default.
type Config struct {
	// Interval is the pause between two rounds; 300 s.
	Interval time.Duration
	// Batch is how many rows are read at once, up to 1000; 500.
	Batch int
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		config.Interval, config.Batch = cmp.Or(config.Interval, 300*time.Second), cmp.Or(config.Batch, 500)
		if config.Interval < 0 || config.Batch < 0 || config.Batch > 1000 {
			return nil, host.Never(errors.New("ELO_SYNC: give an interval that is not negative, and a batch of 1 to 1000"))
		}
		return newDaemon(config, rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategorySync, Runner: "create_elo_sync",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}
