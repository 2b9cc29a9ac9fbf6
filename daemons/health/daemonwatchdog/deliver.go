package daemonwatchdog

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// maxBatch bounds the alerts that one round tells to each side.
	maxBatch = 50
	// giveUpAfter is how long an alert is tried; later it is old news.
	giveUpAfter = 24 * time.Hour
)

// deliver tells every pending alert to those who have not heard it. An event goes out only after the alert was
// saved: what is then told again after a crash is the same event. The webhook does not wait for that, since a bus
// that is down is exactly what people must hear of. A webhook that fails is tried again in the next round and is
// no error of this one.
func (d *daemon) deliver(ctx context.Context, saved bool) error {
	posted := d.post(ctx)
	var published error
	if saved {
		published = d.publish(ctx)
	}
	told, dropped := d.sweep()
	d.delivered(told, dropped, len(d.state.Pending), posted)
	return published
}

// publish keeps the order: it ends at the first event that the bus does not take.
func (d *daemon) publish(ctx context.Context) error {
	batch := d.waiting(func(alert *pending) bool { return !alert.Published })
	for _, alert := range batch {
		if err := d.bus.PublishEvent(ctx, alert.Event); err != nil {
			return err
		}
		alert.Published, d.dirty = true, true
	}
	return nil
}

func (d *daemon) post(ctx context.Context) error {
	batch := d.waiting(func(alert *pending) bool { return !alert.Posted })
	if len(batch) == 0 {
		return nil
	}
	if err := d.webhook.post(ctx, batch); err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) {
			d.logger.Warn("the webhook did not take the alerts: they are sent again", "count", len(batch), "error", err)
		}
		return err
	}
	for _, alert := range batch {
		alert.Posted = true
	}
	d.dirty = true
	return nil
}

// waiting returns the oldest alerts that have not been told to one side.
func (d *daemon) waiting(untold func(*pending) bool) []*pending {
	var batch []*pending
	for _, alert := range d.state.Pending {
		if untold(alert) && len(batch) < maxBatch {
			batch = append(batch, alert)
		}
	}
	return batch
}

// sweep drops the alerts that have arrived everywhere, and those that are too old to matter.
func (d *daemon) sweep() (told, dropped int) {
	now := d.now()
	d.state.Pending = slices.DeleteFunc(d.state.Pending, func(alert *pending) bool {
		switch {
		case alert.Published && alert.Posted:
			told++
		case now.Sub(alert.Event.OccurredAt) > giveUpAfter:
			dropped++
			d.logger.Warn("an alert could not be told for a day and is dropped", "event", alert.Event.ID)
		default:
			return false
		}
		return true
	})
	if told+dropped > 0 {
		d.dirty = true
	}
	return told, dropped
}
