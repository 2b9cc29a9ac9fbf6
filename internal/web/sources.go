package web

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Sources are what the server answers from. Local, Temporal and Catalog are asked on every request and must
// answer from memory.
type Sources struct {
	Local     Local
	Temporal  Temporal
	Catalog   Catalog
	Publisher Publisher
	Follower  Follower
	Metrics   prometheus.Gatherer
}

// Local is what this process hosts.
type Local interface {
	// Snapshot returns the daemons that run in this process now.
	Snapshot() []spec.Info
	Worker() Worker
}

// Worker is the state of this process's Temporal worker.
type Worker struct {
	Identity  string    `json:"identity"`
	State     string    `json:"state"` // starting, running, draining or stopped
	StartedAt time.Time `json:"started_at,omitzero"`
	Version   string    `json:"version,omitempty"`
}

// Temporal tells when the Temporal server last answered this process; the zero time means never.
type Temporal interface {
	LastContact() time.Time
}

// Catalog knows the rows of the registry.
type Catalog interface {
	Get(spec.Type) (spec.Daemon, bool)
	// Find takes a name as people type it; its error suggests the nearest name.
	Find(input string) (spec.Daemon, error)
}

// Publisher takes hand-written events to the bus.
type Publisher interface {
	// ParseSubmission reads one strictly; what it leaves open is taken from the origin.
	ParseSubmission(raw []byte, origin bus.Origin) (bus.Event, error)
	// PublishEvent returns once the event is durable.
	PublishEvent(ctx context.Context, event bus.Event) error
}

// Follower reads the event stream until ctx is done or the bus is lost.
type Follower interface {
	Follow(ctx context.Context, options bus.FollowOptions, each func(bus.Event) error) error
}
