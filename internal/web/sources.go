package web

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Sources are what the server answers from. Local, Temporal and Catalog are asked on every request and must
// answer from memory. Training may be slow or gone: it is asked once a second at most.
type Sources struct {
	Local     Local
	Temporal  Temporal
	Catalog   Catalog
	Publisher Publisher
	Follower  Follower
	Training  Training
	Metrics   prometheus.Gatherer
}

// Local is what this process hosts.
type Local interface {
	// Snapshot returns the daemons that run in this process now.
	Snapshot() []spec.Info
	// Measured is a Snapshot whose health details tell what each daemon uses now, where that can be known.
	Measured() []spec.Info
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
	// Layers splits types so that each needs only types of earlier layers.
	Layers([]spec.Type) [][]spec.Type
	// Dependencies are what a type needs directly.
	Dependencies(spec.Type) []spec.Type
}

// Training tells how far the training is, by the ledger.
type Training interface {
	Look(ctx context.Context) (Progress, error)
}

// Progress is what the starter prints as loop, models and ratings with -o json.
type Progress struct{ Loop, Models, Ratings any }

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
