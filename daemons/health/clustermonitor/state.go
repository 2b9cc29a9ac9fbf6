package clustermonitor

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	checkpoint = "nodes"
	// maxUntold bounds the events that wait for the log; the bus is away for that long only if it is away for us.
	maxUntold = 200
)

// state is what survives a restart.
type state struct {
	Nodes    map[string]nodeState `json:"nodes"`
	Degraded bool                 `json:"degraded"` // CLUSTER_HEALTH_DEGRADED was told
	// Untold are events whose cause is remembered already.
	Untold []bus.Event `json:"untold,omitempty"`
}

type nodeState struct {
	// WellSince is when a node that was ill was first seen well again.
	WellSince time.Time `json:"well_since,omitzero"`
	// Alarmed says that NODE_UNHEALTHY was told, and NODE_RECOVERED was not.
	Alarmed bool `json:"alarmed,omitempty"`
	// Progress stands for how far the node's jobs were at the last full look; Unmoved counts the looks since.
	Progress string `json:"progress,omitempty"`
	Unmoved  int    `json:"unmoved,omitempty"`
	Stalled  bool   `json:"stalled,omitempty"`
}

func (m *monitor) load(ctx context.Context) error {
	if m.state.Nodes != nil {
		return nil
	}
	data, found, err := m.rt.Bus.Load(ctx, checkpoint)
	if err != nil {
		return err
	}
	loaded := state{Nodes: map[string]nodeState{}}
	if found {
		if err := json.Unmarshal(data, &loaded); err != nil {
			return fmt.Errorf("decode checkpoint %s: %w", checkpoint, err)
		}
	}
	m.state, m.saved = loaded, loaded.clone()
	return nil
}

// save stores the state if it has changed.
func (m *monitor) save(ctx context.Context) error {
	if reflect.DeepEqual(m.state, m.saved) {
		return nil
	}
	data, err := json.Marshal(m.state)
	if err != nil {
		return fmt.Errorf("encode checkpoint %s: %w", checkpoint, err)
	}
	if err := m.rt.Bus.Save(ctx, checkpoint, data); err != nil {
		return err
	}
	m.saved = m.state.clone()
	return nil
}

// tell adds an event to those that are to be told.
func (m *monitor) tell(payload bus.Payload) error {
	event, err := m.rt.Bus.Event(payload)
	if err != nil {
		return err
	}
	if len(m.state.Untold) >= maxUntold {
		return fmt.Errorf("%d events wait for the log already", maxUntold)
	}
	m.state.Untold = append(m.state.Untold, event)
	return nil
}

// settle saves the state with its events, publishes these, and saves that they are told. The same event published
// again after a crash is the same fact.
func (m *monitor) settle(ctx context.Context) error {
	if err := m.save(ctx); err != nil {
		return err
	}
	for _, event := range m.state.Untold {
		if err := m.rt.Bus.PublishEvent(ctx, event); err != nil {
			return err
		}
	}
	m.state.Untold = nil
	return m.save(ctx)
}

func (s state) clone() state {
	s.Nodes = maps.Clone(s.Nodes)
	return s
}
