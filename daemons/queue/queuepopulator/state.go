package queuepopulator

import (
	"context"
	"encoding/json"
	"fmt"
)

const checkpoint = "cursor"

// state is what survives a restart.
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
	p.superseded = false
	data, found, err := p.rt.Bus.Load(ctx, checkpoint)
	if err != nil {
		return err
	}
	var loaded state
	if found {
		if err := json.Unmarshal(data, &loaded); err != nil {
			return fmt.Errorf("decode checkpoint %s: %w", checkpoint, err)
		}
	}
	if loaded.PlanID != p.plan.ID || loaded.Next == nil {
		loaded = state{PlanID: p.plan.ID, Next: map[string]int64{}}
	}
	p.state = loaded
	return nil
}

func (p *populator) save(ctx context.Context) error {
	data, err := json.Marshal(p.state)
	if err != nil {
		return fmt.Errorf("encode checkpoint %s: %w", checkpoint, err)
	}
	return p.rt.Bus.Save(ctx, checkpoint, data)
}
