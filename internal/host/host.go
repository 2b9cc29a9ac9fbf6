package host

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Config is what every daemon of this process shares.
type Config struct {
	Node       string
	DataDir    string
	ClusterDir string
	Bus        *bus.Client
	// Ledger opens the ledger, or returns the one that is open.
	Ledger func(context.Context) (*ledger.Ledger, error)
	Jobs   jobs.Workflows
	Files  *data.Dir
	Logger *slog.Logger
	Now    func() time.Time
	// Programs makes the runner of a row with a program; nil where the process runs none.
	Programs func(Runtime) (Runner, error)
	// LogDir has one file a daemon; empty means that daemons log to Logger only.
	LogDir string
}

// Assignment is one attempt of one daemon.
type Assignment struct {
	Spec     spec.Daemon
	Node     string // of a member; empty for a cluster daemon
	Epoch    int64
	Attempt  int
	Handover []byte
}

// ID is the daemon's workflow id, the name under which it is stopped.
func (a Assignment) ID() string { return spec.WorkflowID(a.Spec.Type, a.Node) }

// Observer hears what happens during an attempt. Calls come one at a time and must not block for long.
type Observer interface {
	Ready(spec.Health)
	Health(spec.Health)
}

// Host runs daemons in this process, at most one copy under each name.
type Host struct {
	config       Config
	declarations map[spec.Type]Declaration
	brake        *brake

	mutex     sync.Mutex
	instances map[string]*instance
}

// New makes a host for the daemons of a catalog.
func New(config Config, catalog []Declaration) *Host {
	declarations := make(map[spec.Type]Declaration, len(catalog))
	for _, declaration := range catalog {
		declarations[declaration.Spec.Type] = declaration
	}
	return &Host{config: config, declarations: declarations, brake: newBrake(), instances: map[string]*instance{}}
}

// Run runs one attempt to its end. An older copy under the same name is evicted first; a newer one makes
// this attempt step back.
func (h *Host) Run(ctx context.Context, assignment Assignment, observer Observer) Exit {
	declaration, known := h.declaration(assignment.Spec)
	if !known {
		return Exit{Kind: ExitUnknown}
	}
	i := newInstance(h.config, declaration, assignment, observer)
	if !h.enter(ctx, i) {
		return Exit{Kind: ExitStopped, Reason: spec.StopForFence}
	}
	defer h.leave(i)
	return i.run(ctx)
}

// declaration is how this process makes a daemon: a row with a program is one whatever its type.
func (h *Host) declaration(row spec.Daemon) (Declaration, bool) {
	if row.Program != nil {
		return Declaration{Spec: row, New: h.config.Programs}, h.config.Programs != nil
	}
	declaration, known := h.declarations[row.Type]
	return declaration, known
}

// Stop tells a daemon to end and says whether it runs here. Epoch 0 means whatever runs under the name.
func (h *Host) Stop(id string, epoch int64, reason spec.StopReason) bool {
	i := h.find(id)
	if i == nil || (epoch != 0 && i.assignment.Epoch != epoch) {
		return false
	}
	i.stop(reason)
	return true
}

// StopMany tells several daemons to end and waits for all of them. Only those that ended for this reason
// are in the result: one that does not run here, or that ended for another, may come back.
func (h *Host) StopMany(ctx context.Context, ids []string, reason spec.StopReason) map[string]spec.StopOutcome {
	told := map[string]*instance{}
	for _, id := range ids {
		if i := h.find(id); i != nil {
			i.stop(reason)
			told[id] = i
		}
	}
	outcomes := map[string]spec.StopOutcome{}
	for id, i := range told {
		select {
		case <-i.done:
			if i.exit.Kind != ExitStopped || i.exit.Reason != reason {
				continue
			}
			outcomes[id] = spec.StopClean
			if i.exit.Abandoned {
				outcomes[id] = spec.StopAbandoned
			}
		case <-ctx.Done():
		}
	}
	return outcomes
}

// Delay is how long to wait before the attempt that follows the nth failure of a daemon.
func (h *Host) Delay(daemon spec.Daemon, failures int) time.Duration {
	return spread(daemon.RestartDelay(failures), restartJitter) + h.brake.delay(daemon.Critical, h.config.Now())
}

// Count is how many daemons run here.
func (h *Host) Count() int {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return len(h.instances)
}

// Snapshot describes every daemon that runs here, sorted by name. It never blocks on a daemon.
func (h *Host) Snapshot() []spec.Info { return h.describe((*instance).info) }

// Measured is a Snapshot in which the health details tell what each daemon uses at this moment, as far as it can.
func (h *Host) Measured() []spec.Info { return h.describe((*instance).measured) }

func (h *Host) describe(one func(*instance) spec.Info) []spec.Info {
	h.mutex.Lock()
	running := make([]*instance, 0, len(h.instances))
	for _, i := range h.instances {
		running = append(running, i)
	}
	h.mutex.Unlock()
	slices.SortFunc(running, func(a, b *instance) int { return cmp.Compare(a.assignment.ID(), b.assignment.ID()) })
	infos := make([]spec.Info, len(running))
	for n, i := range running {
		infos[n] = one(i)
	}
	return infos
}

// Health is the last verdict of a daemon that runs here.
func (h *Host) Health(id string) spec.Health {
	if i := h.find(id); i != nil {
		return i.health.last()
	}
	return spec.Health{Status: spec.HealthUnknown}
}

func (h *Host) find(id string) *instance {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.instances[id]
}

// enter takes the name, after the older copy that holds it has ended.
func (h *Host) enter(ctx context.Context, i *instance) bool {
	id := i.assignment.ID()
	for {
		h.mutex.Lock()
		old := h.instances[id]
		if old == nil {
			h.instances[id] = i
			h.mutex.Unlock()
			return true
		}
		h.mutex.Unlock()
		if old.assignment.Epoch >= i.assignment.Epoch {
			return false
		}
		old.stop(spec.StopForEviction)
		select {
		case <-old.done:
		case <-ctx.Done():
			return false
		}
		h.leave(old)
	}
}

func (h *Host) leave(i *instance) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if id := i.assignment.ID(); h.instances[id] == i {
		delete(h.instances, id)
	}
}
