package daemonwatchdog

import (
	"context"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Type is the daemon's name.
const Type = spec.Type("DAEMON_WATCHDOG")

// Fleet tells the state of every daemon. Without Heartbeats, the time of a daemon's health is taken as the last
// sign of life of its worker.
type Fleet interface {
	Status(ctx context.Context) (spec.FleetStatus, error)
	// InForce has the daemons' rows, for their deadlines; a daemon that is not in it has the defaults.
	InForce(ctx context.Context) (*spec.Registry, error)
}

// Heartbeats tells when the worker of a running daemon was last heard of; the zero time means never. It is asked
// only about daemons whose health is older than it should be, since a status may carry the time of the last change
// of a verdict instead of the last look.
type Heartbeats interface {
	LastHeartbeat(ctx context.Context, daemon spec.Type, node string) (time.Time, error)
}

// Config is what the daemon is given. Zero durations mean the default.
type Config struct {
	Fleet      Fleet
	Heartbeats Heartbeats // optional
	// Interval is the pause between two looks at the fleet; 30 s.
	Interval time.Duration
	// RepeatEvery is the least time between two alerts of one kind about one daemon; 1 h.
	RepeatEvery time.Duration
	// CrashLoopRestarts within CrashLoopWindow are a crash loop; 3 in 5 min.
	CrashLoopRestarts int
	CrashLoopWindow   time.Duration
	// WebhookURL, if set, gets every alert as a POST with JSON. It is a secret and is never shown.
	WebhookURL string
	// WebhookTimeout bounds one POST; 5 s.
	WebhookTimeout time.Duration
}

// Declare returns the daemon's entry for the catalog.
func Declare(config Config) host.Declaration {
	return host.Declaration{Spec: row(), New: func(rt host.Runtime) (host.Runner, error) {
		return newDaemon(config.withDefaults(), rt)
	}}
}

func row() spec.Daemon {
	return spec.Daemon{
		Type: Type, Category: spec.CategoryHealth, Runner: "create_daemon_watchdog",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		Critical: true, Scope: spec.ScopeCluster, StartupPosition: 1, Status: spec.StatusAvailable,
	}.WithDefaults()
}

func (c Config) withDefaults() Config {
	setDefault(&c.Interval, 30*time.Second)
	setDefault(&c.RepeatEvery, time.Hour)
	setDefault(&c.CrashLoopRestarts, 3)
	setDefault(&c.CrashLoopWindow, 5*time.Minute)
	setDefault(&c.WebhookTimeout, 5*time.Second)
	return c
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
