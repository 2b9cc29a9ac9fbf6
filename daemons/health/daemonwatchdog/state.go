package daemonwatchdog

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const checkpointKey = "alerts"

// state is what must survive the end of a watchdog, by daemon and kind of alert.
type state struct {
	Alerts   map[string]map[Kind]*record `json:"alerts"`   // by workflow id
	Restarts map[string]*restartLog      `json:"restarts"` // by workflow id
	// Pending are the alerts that have not arrived everywhere. They are saved before they are told for the
	// first time, so that one which is told again after a crash is the same event, with the same id.
	Pending []*pending `json:"pending,omitempty"`
}

// record is the last alert of one kind about one daemon.
type record struct {
	AlertID string    `json:"alert_id"`
	SentAt  time.Time `json:"sent_at"`
	Open    bool      `json:"open,omitempty"` // no recovery has been told yet
}

// pending is an alert on its way.
type pending struct {
	Event     bus.Event `json:"event"`
	Published bool      `json:"published,omitempty"`
	Posted    bool      `json:"posted,omitempty"` // to the webhook; true where there is none
}

func newState() *state {
	return &state{Alerts: map[string]map[Kind]*record{}, Restarts: map[string]*restartLog{}}
}

// load reads the checkpoint. One that cannot be read costs repeated alerts, not the watchdog.
func (d *daemon) load(ctx context.Context) error {
	raw, found, err := d.bus.Load(ctx, checkpointKey)
	if err != nil {
		return err
	}
	loaded := newState()
	if found {
		if err := json.Unmarshal(raw, loaded); err != nil {
			d.logger.Warn("the checkpoint is unreadable: alerts may be repeated", "error", err)
			loaded = newState()
		}
	}
	d.state, d.dirty = loaded, false
	return nil
}

// save writes the checkpoint if there is something new in it.
func (d *daemon) save(ctx context.Context) error {
	if !d.dirty {
		return nil
	}
	raw, err := json.Marshal(d.state)
	if err != nil {
		return fmt.Errorf("encode the checkpoint: %w", err)
	}
	if err := d.bus.Save(ctx, checkpointKey, raw); err != nil {
		return err
	}
	d.dirty = false
	return nil
}
