package daemonwatchdog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

type daemon struct {
	config  Config
	node    string
	now     func() time.Time
	logger  *slog.Logger
	bus     *bus.Session
	webhook *webhook // nil without one
	redact  *redactor

	state    *state // nil until loaded
	dirty    bool   // the checkpoint is older than the state
	watching time.Time
	unread   map[string]int // rounds in a row in which a heartbeat could not be read, by workflow id
	inForce  *spec.Registry // nil until the rows of the fleet are known

	mu   sync.Mutex
	last report // for Health, which runs beside Tick
}

func newDaemon(config Config, rt host.Runtime) (*daemon, error) {
	hook, err := newWebhook(config.WebhookURL, config.WebhookTimeout)
	if err != nil {
		return nil, host.Never(err)
	}
	return &daemon{
		config: config, node: rt.Node, now: rt.Now, logger: rt.Logger, bus: rt.Bus,
		webhook: hook, redact: newRedactor(), unread: map[string]int{},
	}, nil
}

// Interval implements host.Ticker.
func (d *daemon) Interval() time.Duration { return d.config.Interval }

// Ready implements host.Readier: without knowing what it has told already, the watchdog would tell it again.
func (d *daemon) Ready(ctx context.Context) error { return d.load(ctx) }

// Tick implements host.Ticker. Looking and telling are apart: while Temporal is away the alerts of the last look
// still go out, and while the bus is away the webhook still hears of it.
func (d *daemon) Tick(ctx context.Context) error {
	if d.state == nil {
		if err := d.load(ctx); err != nil {
			return err
		}
	}
	looked := d.look(ctx)
	saved := d.save(ctx)
	told := d.deliver(ctx, saved == nil)
	if saved == nil {
		saved = d.save(ctx)
	}
	return errors.Join(looked, saved, told)
}

// look examines every daemon of the fleet.
func (d *daemon) look(ctx context.Context) error {
	status, err := d.config.Fleet.Status(ctx)
	now := d.now()
	if err != nil {
		err = host.Dependency(fmt.Errorf("look at the fleet: %w", err))
		d.missed(err)
		return err
	}
	unlisted := d.list(ctx)
	if d.inForce == nil {
		d.missed(unlisted)
		return unlisted
	}
	d.watch(now)
	var summary []string
	present := map[string]bool{}
	for _, info := range flatten(status.Daemons) {
		present[spec.WorkflowID(info.Daemon, info.Node)] = true
		if status.Fleet != spec.FleetUp || info.FleetDown {
			continue // nobody wants anything to run
		}
		for _, f := range d.inspect(ctx, info, now) {
			summary = append(summary, d.redact.text(fmt.Sprintf("%s: %s: %s", name(info), f.kind, f.message), maxMessage))
		}
	}
	d.forget(present)
	d.looked(now, len(present), summary)
	return unlisted
}

// list reads the rows of the daemons. Where that fails, those of before will do; without any, nobody's silence could be
// judged.
func (d *daemon) list(ctx context.Context) error {
	inForce, err := d.config.Fleet.InForce(ctx)
	if err != nil {
		return host.Dependency(fmt.Errorf("look up the daemons' deadlines: %w", err))
	}
	d.inForce = inForce
	return nil
}

// watch notes a gap in the watch: after it, nobody has been silent for longer than the watchdog itself.
func (d *daemon) watch(now time.Time) {
	last := d.report()
	if d.watching.IsZero() || last.failure != nil || now.Sub(last.lookedAt) > d.patience() {
		d.watching = now
		clear(d.unread)
	}
}

// patience is how long ago the last look may be. A short interval does not make a round quicker.
func (d *daemon) patience() time.Duration {
	return max(silentIntervals*d.config.Interval, time.Minute)
}

func (d *daemon) row(daemon spec.Type) spec.Daemon {
	row, _ := d.inForce.Get(daemon)
	return row.WithDefaults()
}

// flatten replaces every group by its members. A group without members stands for itself.
func flatten(rows []spec.Info) []spec.Info {
	var flat []spec.Info
	for _, row := range rows {
		if len(row.Members) == 0 {
			flat = append(flat, row)
			continue
		}
		flat = append(flat, row.Members...)
	}
	return flat
}
