// Package crossprocesspoller is CROSS_PROCESS_POLLER: it takes the events that scripts and foreign programs
// leave as files in the spool, and puts them on the bus. A writer writes his file elsewhere on the same disk
// and renames it into the spool, so that half a file is never seen there.
//
//	declare.go             the registry row and the configuration
//	crossprocesspoller.go  one round over the spool
//	spool.go               the files: which are taken, how they are read and set aside
//	reject.go              malformed files
//	health.go              whether the spool empties
package crossprocesspoller

import (
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("CROSS_PROCESS_POLLER")

// Config bounds the work. Zero means the default.
type Config struct {
	// Interval is the pause between two looks at the spool; 500 ms.
	Interval time.Duration
	// Batch is how many files one round takes at most; 200.
	Batch int
	// KeepRejected is how many malformed files are kept for a person to look at; 1000. The oldest go first.
	KeepRejected int
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newPoller(config.withDefaults(), rt), nil
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryEvent, Runner: "create_cross_process_poller", DependsOn: []spec.Type{"EVENT_ROUTER"},
		AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Scope: spec.ScopeNode, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	if c.Interval == 0 {
		c.Interval = 500 * time.Millisecond
	}
	if c.Batch == 0 {
		c.Batch = 200
	}
	if c.KeepRejected == 0 {
		c.KeepRejected = 1000
	}
	return c
}
