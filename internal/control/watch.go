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
	// inForce is nil where it may be another one since.
	inForce *spec.Registry
}

// NewWatch asks the daemons themselves each so often, even if nothing seems to have changed.
func NewWatch(client *Client, every time.Duration) *Watch {
	return &Watch{client: client, every: every}
}

// Status is the state of the fleet, as Client.Status tells it. Others are given the same rows: do not change them.
func (w *Watch) Status(ctx context.Context) (spec.FleetStatus, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	table, err := w.client.Table(ctx)
	if err != nil {
		return spec.FleetStatus{}, err
	}
	if time.Since(w.asked) < w.every && reflect.DeepEqual(table, w.table) {
		return w.status, nil
	}
	w.table, w.status, w.asked, w.inForce = table, table, time.Now(), nil
	w.status.Daemons = append([]spec.Info(nil), table.Daemons...)
	if answered := w.client.overlay(ctx, w.status.Daemons, everyone); !answered {
		w.asked = time.Time{}
	}
	return w.status, nil
}

// InForce is the table of the fleet's daemons, as Client.InForce tells it. It is asked for again when the daemons were.
func (w *Watch) InForce(ctx context.Context) (*spec.Registry, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.inForce != nil {
		return w.inForce, nil
	}
	table, err := w.client.InForce(ctx)
	if err != nil {
		return nil, err
	}
	w.inForce = table
	return table, nil
}
