package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// roundPause is the pause between two rounds that no event asked for.
	roundPause = 5 * time.Second
	// lateAfter is how old the last round may be beside the interval.
	lateAfter   = time.Minute
	maxFindings = 50
	// outcomes are remembered, and more than half of them failed is worth a look from fewest on.
	outcomes, fewest = 20, 6
)

// Desk is a daemon that carries out orders: each tick is a round of its owners. What happens elsewhere only makes it
// look earlier.
type Desk struct {
	rt       host.Runtime
	patience time.Duration
	owners   []*Owner

	mu     sync.Mutex
	at     time.Time // when the last round that ended began
	last   Round
	recent []bool // whether the last orders were carried out, the newest last
}

var (
	_ host.Ticker     = (*Desk)(nil)
	_ host.Subscriber = (*Desk)(nil)
	_ host.Waker      = (*Desk)(nil)
	_ host.Checker    = (*Desk)(nil)
)

// NewDesk returns a daemon with some owners. An order that waits longer than the patience is worth a look.
func NewDesk(rt host.Runtime, patience time.Duration, owners ...*Owner) *Desk {
	return &Desk{rt: rt, patience: patience, owners: owners}
}

// Interval implements host.Ticker.
func (d *Desk) Interval() time.Duration { return roundPause }

// Subscriptions implements host.Subscriber.
func (d *Desk) Subscriptions() []bus.Name {
	return []bus.Name{"PIPELINE_STAGE_CHANGED", "WORK_COMPLETED", "WORK_FAILED"}
}

// WokenBy implements host.Waker: the ledger has what these tell of.
func (d *Desk) WokenBy() []bus.Name { return d.Subscriptions() }

// Handle implements host.Subscriber: the event is a hint, and the round that follows it looks for itself.
func (d *Desk) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (d *Desk) Tick(ctx context.Context) error {
	if d.rt.Ledger == nil {
		return host.Never(errors.New("this process has no ledger"))
	}
	session, err := d.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	at, seen := d.rt.Now(), Round{}
	for _, owner := range d.owners {
		found, err := owner.Round(ctx, session)
		seen.add(found)
		switch {
		case err != nil && ledger.IsUnavailable(err):
			return host.Dependency(err)
		case err != nil:
			return err
		}
	}
	d.note(at, seen)
	return nil
}

func (d *Desk) note(at time.Time, seen Round) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.last = at, seen
	d.recent = append(d.recent, slices.Repeat([]bool{true}, seen.Ended)...)
	d.recent = append(d.recent, slices.Repeat([]bool{false}, len(seen.Failed))...)
	d.recent = d.recent[max(0, len(d.recent)-outcomes):]
}

// Health implements host.Checker: orders that wait or have failed are findings; only rounds that do not end are this
// daemon's illness.
func (d *Desk) Health(context.Context) spec.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.rt.Now()
	if d.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	findings := slices.Concat(d.last.Failed, d.last.Waiting)
	failed := len(d.recent) - len(slices.DeleteFunc(slices.Clone(d.recent), func(ok bool) bool { return !ok }))
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: findings[:min(len(findings), maxFindings)],
		Details: map[string]any{"last_success_at": d.at, "open": d.last.Open, "recent": len(d.recent), "recent_failed": failed},
	}
	switch age := now.Sub(d.at); {
	case age > roundPause+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	case !d.last.Oldest.IsZero() && now.Sub(d.last.Oldest) > d.patience:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("an order of %s still waits", d.last.Oldest.UTC().Format(time.RFC3339))
	case len(d.recent) >= fewest && 2*failed > len(d.recent):
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("%d of the last %d orders have failed", failed, len(d.recent))
	}
	return health
}
