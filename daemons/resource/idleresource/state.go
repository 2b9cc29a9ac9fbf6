package idleresource

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/nodes"
)

const (
	// checkpoint is stored: never change it.
	checkpoint = "idle"
	// maxGap is how far two looks may be apart for what lies between them to count.
	maxGap = 2 * time.Minute
)

// state is what is known from the looks before.
type state struct {
	At         time.Time        `json:"at"` // of the last look
	Processors nodes.Processors `json:"processors"`
	// Since is when the node fell idle; zero: it is not idle.
	Since time.Time `json:"since,omitzero"`
	// Asked is the Since for which work was asked.
	Asked time.Time `json:"asked,omitzero"`
}

// after is the state that a look makes of the one before. A look proves the time since the one before, unless nobody
// looked for long.
func (s state) after(seen look, verdict nodes.Measured[nodes.Idle]) state {
	next := state{At: seen.at.UTC(), Processors: seen.processors, Asked: s.Asked}
	idle, known := verdict.Get()
	if !known || idle.Reason != "" {
		return next
	}
	next.Since = s.Since
	gap := seen.at.Sub(s.At)
	switch {
	case gap < 0 || gap > maxGap:
		next.Since = next.At
	case s.Since.IsZero():
		next.Since = s.At
	}
	return next
}

// seconds is for how long the node is idle.
func (s state) seconds() float64 {
	if s.Since.IsZero() {
		return 0
	}
	return s.At.Sub(s.Since).Seconds()
}

// load reads what an earlier copy has left.
func (d *daemon) load(ctx context.Context) error {
	if d.loaded {
		return nil
	}
	data, found, err := d.rt.Bus.Load(ctx, checkpoint)
	if err != nil {
		return err
	}
	if found {
		if err := json.Unmarshal(data, &d.state); err != nil {
			return fmt.Errorf("decode checkpoint %s: %w", checkpoint, err)
		}
	}
	d.loaded = true
	return nil
}

func (d *daemon) save(ctx context.Context) error {
	data, err := json.Marshal(d.state)
	if err != nil {
		return fmt.Errorf("encode checkpoint %s: %w", checkpoint, err)
	}
	return d.rt.Bus.Save(ctx, checkpoint, data)
}
