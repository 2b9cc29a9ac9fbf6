package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	busTimeout = 3 * time.Second
	busPoll    = 10 * time.Millisecond
)

// connected waits until the bus can be talked to, since its client connects in the background.
func (a *app) connected(ctx context.Context, client *bus.Client) error {
	ctx, cancel := context.WithTimeout(ctx, busTimeout)
	defer cancel()
	ticker := time.NewTicker(busPoll)
	defer ticker.Stop()
	for !client.Connected() {
		select {
		case <-ctx.Done():
			return a.busError(bus.ErrUnavailable)
		case <-ticker.C:
		}
	}
	return nil
}

// busError says where the bus was looked for and who runs it, since only that helps.
func (a *app) busError(err error) error {
	if errors.Is(err, bus.ErrUnavailable) {
		return fmt.Errorf("no answer from the event bus at %s: EVENT_ROUTER runs it, so see `starter explain EVENT_ROUTER`; BUS_LISTEN or NATS_URL names another one (%w)",
			a.Config.BusURL(), err)
	}
	return err
}
