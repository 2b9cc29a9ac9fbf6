package queuepopulator

import (
	"context"
	"encoding/json"
	"fmt"
)

// The names of the checkpoints. They are stored: never change one.
const (
	cursorCheckpoint = "cursor"
	brakeCheckpoint  = "brake"
)

// state is how far the plan is worked off. It survives a restart.
type state struct {
	PlanID string `json:"plan_id"`
	// Next is the number of the next job of each configuration. Numbers of jobs that are there already are found
	// out, so losing this costs a few questions.
	Next map[string]int64 `json:"next"`
	// Exhausted says that it was told that the plan is worked off.
	Exhausted bool `json:"exhausted,omitempty"`
}

// load reads the state, and begins a new one for another plan.
func (p *populator) load(ctx context.Context) error {
	if p.state.Next != nil && p.state.PlanID == p.plan.ID {
		return nil
	}
	p.superseded, p.settled = false, false
	var loaded state
	if err := p.read(ctx, cursorCheckpoint, &loaded); err != nil {
		return err
	}
	if loaded.PlanID != p.plan.ID || loaded.Next == nil {
		loaded = state{PlanID: p.plan.ID, Next: map[string]int64{}}
	}
	p.state = loaded
	return nil
}

func (p *populator) save(ctx context.Context) error {
	return p.write(ctx, cursorCheckpoint, p.state)
}

// read reads a checkpoint into a value, which stays as it is if there is none.
func (p *populator) read(ctx context.Context, checkpoint string, value any) error {
	data, found, err := p.rt.Bus.Load(ctx, checkpoint)
	if err != nil || !found {
		return err
	}
	if err := json.Unmarshal(data, value); err != nil {
		return fmt.Errorf("decode checkpoint %s: %w", checkpoint, err)
	}
	return nil
}

func (p *populator) write(ctx context.Context, checkpoint string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode checkpoint %s: %w", checkpoint, err)
	}
	return p.rt.Bus.Save(ctx, checkpoint, data)
}
