package activities

import (
	"context"
	"maps"
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

// StopMany ends daemons layer after layer, each once the one before has ended or was abandoned.
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
	result := spec.StopManyResult{Outcomes: map[string]spec.StopOutcome{}}
	for _, layer := range in.Layers {
		maps.Copy(result.Outcomes, c.Host.StopMany(ctx, layer, in.Reason))
	}
	return result, nil
}
