package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Name is the UPPER_SNAKE name of an event. A name is for ever, like its meaning.
type Name string

// SchemaVersion is the version of the envelope and of the payloads that this build writes.
const SchemaVersion = 1

// Event is one fact in its envelope, as it is stored in the log.
type Event struct {
	ID            string          `json:"event_id"`
	Name          Name            `json:"type"`
	SchemaVersion int             `json:"schema_version"`
	OccurredAt    time.Time       `json:"occurred_at"`
	Source        string          `json:"source"` // daemon type, or who else said it
	Node          string          `json:"node,omitempty"`
	ConfigKey     string          `json:"config_key,omitempty"`
	CorrelationID string          `json:"correlation_id,omitempty"`
	CausationID   string          `json:"causation_id,omitempty"` // id of the event that led to this one
	Payload       json.RawMessage `json:"payload"`

	// Sequence is the event's place in the log, zero until it was read from there.
	Sequence uint64 `json:"-"`
}

// Payload is the typed content of one event.
type Payload interface {
	EventName() Name
	// Validate names the first field that is missing or out of bounds, and what it should be.
	Validate() error
}

// Fact is implemented by payloads that say by themselves which fact they are. Announcing such a fact
// again, from wherever and whenever, gives the same event.
type Fact interface {
	Payload
	FactKey() string
}

// Origin says where and when a fact comes from.
type Origin struct {
	Source        string
	Node          string
	OccurredAt    time.Time // zero means now
	ConfigKey     string
	CorrelationID string
	CausationID   string
	// Key tells apart facts that are equal in everything else, such as two spool files with one text.
	Key string
}

// NewEvent puts a payload into its envelope.
func NewEvent(payload Payload, origin Origin) (Event, error) {
	name := payload.EventName()
	if _, err := Lookup(name); err != nil {
		return Event{}, err
	}
	if err := payload.Validate(); err != nil {
		return Event{}, fmt.Errorf("event %s: %w", name, err)
	}
	content, err := json.Marshal(payload)
	if err != nil {
		return Event{}, fmt.Errorf("encode event %s: %w", name, err)
	}
	if len(content) > MaxPayloadBytes {
		return Event{}, fmt.Errorf("event %s: payload has %d bytes, at most %d are allowed: publish a reference instead", name, len(content), MaxPayloadBytes)
	}
	if origin.OccurredAt.IsZero() {
		origin.OccurredAt = time.Now()
	}
	origin.OccurredAt = origin.OccurredAt.UTC()
	return Event{
		ID: identify(payload, content, origin), Name: name, SchemaVersion: SchemaVersion,
		OccurredAt: origin.OccurredAt, Source: origin.Source, Node: origin.Node, ConfigKey: origin.ConfigKey,
		CorrelationID: origin.CorrelationID, CausationID: origin.CausationID, Payload: content,
	}, nil
}

// Decode reads the payload of an event as T. It is lenient: fields of a newer version are ignored.
func Decode[T Payload](event Event) (T, error) {
	var payload T
	if want := payload.EventName(); event.Name != want {
		return payload, fmt.Errorf("event %s is a %s, not a %s", event.ID, event.Name, want)
	}
	if err := json.Unmarshal(event.Payload, &payload); err != nil {
		return payload, fmt.Errorf("decode event %s (%s): %w", event.ID, event.Name, err)
	}
	return payload, nil
}

// identify hashes what makes the event the same fact. The parts are written as a JSON list, so that no
// two different lists give the same bytes.
func identify(payload Payload, content []byte, origin Origin) string {
	parts := []string{string(payload.EventName())}
	if fact, ok := payload.(Fact); ok {
		parts = append(parts, fact.FactKey())
	} else {
		parts = append(parts, origin.Source, origin.Node, origin.ConfigKey,
			origin.OccurredAt.Format(time.RFC3339Nano), origin.Key, string(content))
	}
	list, _ := json.Marshal(parts) // strings always encode
	sum := sha256.Sum256(list)
	return hex.EncodeToString(sum[:16])
}
