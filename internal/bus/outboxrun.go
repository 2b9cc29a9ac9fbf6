package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Run publishes in order until ctx is done, which is no error. It waits while the bus is away.
func (o *Outbox) Run(ctx context.Context) error {
	inherited := true // the first file may have been published by a process that died before it deleted it
	for ctx.Err() == nil {
		file, found, changed := o.oldest()
		if !found {
			wait(ctx, changed, time.Hour)
			continue
		}
		reachable := o.client.change()
		if err := o.publish(ctx, file, inherited); err != nil {
			o.log.Debug("outbox waits", "events", o.Len(), "error", err)
			wait(ctx, reachable, time.Second)
			continue
		}
		inherited = false
	}
	return nil
}

// publish sends one file and deletes it. An event that the bus can never take is set aside, or it would
// hold up all that follow.
func (o *Outbox) publish(ctx context.Context, file batchFile, inherited bool) error {
	events, err := o.load(file)
	if err != nil {
		return o.setAside(file, err)
	}
	known, err := o.known(ctx, file, inherited)
	if err != nil {
		return err
	}
	for _, event := range events {
		if known[event.ID] {
			continue
		}
		switch err := o.client.publish(ctx, event, 0); {
		case errors.Is(err, ErrTooLarge):
			o.log.Error("event is too large for the bus and is dropped", "event", event.Name, "id", event.ID, "error", err)
		case err != nil:
			return err
		}
	}
	if err := os.Remove(o.path(file.number)); err != nil {
		return fmt.Errorf("delete published events: %w", err)
	}
	o.drop()
	return nil
}

// known returns what of an inherited file the log may have without remembering it as a repetition.
func (o *Outbox) known(ctx context.Context, file batchFile, inherited bool) (map[string]bool, error) {
	info, err := os.Stat(o.path(file.number))
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	if !inherited || !o.client.MayRepeat(info.ModTime()) {
		return nil, nil
	}
	return o.client.Published(ctx, info.ModTime().Add(-time.Minute))
}

func wait(ctx context.Context, signal <-chan struct{}, longest time.Duration) {
	timer := time.NewTimer(longest)
	defer timer.Stop()
	select {
	case <-signal:
	case <-timer.C:
	case <-ctx.Done():
	}
}
