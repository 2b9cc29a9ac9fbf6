package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Declaration is how a daemon enters the catalog: its row and how to make one.
type Declaration struct {
	Spec spec.Daemon
	// New makes one instance for one attempt. It must return fast and touch nothing outside the process;
	// what needs the world belongs in Ready, Tick or Serve. The result implements Ticker or Server.
	New func(Runtime) (Runner, error)
}

// Runner is a Ticker or a Server; the host refuses anything else.
type Runner any

// Ticker is the shape of nearly every daemon. The host calls Tick every Interval, and at once after an
// event was handled; never two at a time. One call does one bounded batch.
type Ticker interface {
	Tick(ctx context.Context) error
	// Interval is the pause between two ticks.
	Interval() time.Duration
}

// Server is the shape of a daemon that listens. Serve returns when ctx is done; returning earlier
// without an error is a failure unless it returns Completed().
type Server interface {
	Serve(ctx context.Context) error
}

// Readier is implemented by a daemon that has to initialise. The daemon is READY once Ready returns nil.
// For a Server it runs beside Serve and waits until Serve answers; for a Ticker it runs before the first tick.
type Readier interface {
	Ready(ctx context.Context) error
}

// Checker is implemented by a daemon that can prove its own work. Idle is fine; backlog without
// progress is not. Without it, the host's own figures (ticks, errors, age of the last success) decide.
type Checker interface {
	Health(ctx context.Context) spec.Health
}

// Measurer is implemented by a daemon that can tell at any time, and at little cost, what it uses of the machine: as
// details of its health, nil while that is unknown.
type Measurer interface {
	Usage() map[string]any
}

// Subscriber is implemented by a daemon that consumes events. Handle is called for one event at a time, also while a
// tick is under way, and is short: it notes what the next tick, which follows at once, then does. It must be
// idempotent on the event's id; an error makes a dead letter for this daemon alone.
type Subscriber interface {
	Subscriptions() []bus.Name
	Handle(ctx context.Context, event bus.Event) error
}

// Waker is implemented by a Subscriber that also looks for itself at what some of its events tell of. After these it ticks
// at once, without waiting until the log hands them out: whoever publishes them has done by then what they tell of.
type Waker interface {
	WokenBy() []bus.Name
}

// Drainer is implemented by a daemon that hands something small to its successor when a worker drains
// or the daemon is paused. The bytes reach the next attempt as Runtime.Handover.
type Drainer interface {
	Drain(ctx context.Context) ([]byte, error)
}

// Runtime is what a daemon is given: everything it may use of the world.
type Runtime struct {
	Spec     spec.Daemon
	Params   map[string]string
	Node     string // id of the node it runs on, also for a cluster daemon
	Epoch    int64  // server's start time of this attempt in nanoseconds: the fencing token
	Attempt  int
	Handover []byte // what Drain of the previous attempt returned, if anything
	Logger   *slog.Logger
	Now      func() time.Time
	// Bus publishes and keeps checkpoints in this daemon's name and under its epoch. It is never nil, and
	// its calls return a Dependency error while the bus cannot be reached.
	Bus *bus.Session
	// Ledger returns the ledger in this daemon's name and under its epoch, or a Dependency error while it
	// cannot be reached. Nil where the process has none, as in tests of daemons that need none.
	Ledger func(context.Context) (*ledger.Session, error)
	// Jobs are the granted jobs; nil where the process has none.
	Jobs jobs.Workflows
	// Files are the node's data files; nil where the process has none.
	Files *data.Dir
	// DataDir is the node's own folder, ClusterDir the one that the workers of a machine share.
	DataDir, ClusterDir string
}

// Later asks the host to call Tick again after d, whatever the interval. It is not a failure.
func Later(d time.Duration) error { return &later{after: d} }

// Dependency says that something this daemon needs is down. The host waits and tries again in the same
// attempt: nothing is restarted and no budget is spent.
func Dependency(err error) error { return &dependency{err} }

// Never says that trying again is useless, as with a bad configuration: the daemon becomes FAILED.
func Never(err error) error { return &never{err} }

// Disabled says that the daemon is not configured here; reason names what to set.
func Disabled(reason string) error { return &disabled{reason} }

// Unhealthy says that the daemon has found out by itself that it does not do its job.
func Unhealthy(err error) error { return &ill{err} }

// Completed says that the daemon has done all it will ever do.
func Completed() error { return errCompleted }

var errCompleted = errors.New("completed")

// ErrFenced is the cause for which the context of a daemon ends whose place another copy takes: that one may run by now, so
// what knows no epochs must end at once.
var ErrFenced = errors.New("fenced")

type later struct{ after time.Duration }

func (l *later) Error() string { return fmt.Sprintf("try again in %s", l.after) }

type dependency struct{ err error }

func (d *dependency) Error() string { return d.err.Error() }
func (d *dependency) Unwrap() error { return d.err }

type never struct{ err error }

func (n *never) Error() string { return n.err.Error() }
func (n *never) Unwrap() error { return n.err }

type ill struct{ err error }

func (i *ill) Error() string { return i.err.Error() }
func (i *ill) Unwrap() error { return i.err }

type disabled struct{ reason string }

func (d *disabled) Error() string { return "disabled: " + d.reason }
