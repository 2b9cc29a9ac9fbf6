package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Control ends daemons of this worker. It is registered on the worker's private queue.
type Control struct {
	Host *host.Host
}

// StopDaemon tells one daemon to end and does not wait: the result of its own activity is the proof.
func (c *Control) StopDaemon(_ context.Context, in spec.StopDaemonInput) (spec.StopDaemonResult, error) {
	return spec.StopDaemonResult{Told: c.Host.Stop(in.ID, in.Epoch, in.Reason)}, nil
}

// StopMany tells several daemons to end and waits until all have ended or were abandoned.
func (c *Control) StopMany(ctx context.Context, in spec.StopManyInput) (spec.StopManyResult, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx)
			}
		}
	}()
	return spec.StopManyResult{Outcomes: c.Host.StopMany(ctx, in.IDs, in.Reason)}, nil
}
