package control

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Watch is the status of the fleet for somebody who asks again and again. Each time it asks the supervisor, which hears of
// every change of phase. The daemons themselves it asks when the supervisor's table has changed, when one of them did not
// answer the last time, and after a while: a verdict on a daemon's health is known to that daemon alone. It may be used by
// many goroutines.
type Watch struct {
	client *Client
	every  time.Duration

	mutex  sync.Mutex
	table  spec.FleetStatus // the supervisor's
	status spec.FleetStatus
	asked  time.Time // when the daemons were; zero: their answers are no good
}

// NewWatch asks the daemons themselves each so often, even if nothing seems to have changed.
func NewWatch(client *Client, every time.Duration) *Watch {
	return &Watch{client: client, every: every}
}

// Status is the state of the fleet, as Client.Status tells it. Others are given the same rows: do not change them.
func (w *Watch) Status(ctx context.Context) (spec.FleetStatus, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	table, err := w.client.table(ctx)
	if err != nil {
		return spec.FleetStatus{}, err
	}
	if time.Since(w.asked) < w.every && reflect.DeepEqual(table, w.table) {
		return w.status, nil
	}
	w.table, w.status, w.asked = table, table, time.Now()
	w.status.Daemons = append([]spec.Info(nil), table.Daemons...)
	if answered := w.client.overlay(ctx, w.status.Daemons, everyone); !answered {
		w.asked = time.Time{}
	}
	return w.status, nil
}
