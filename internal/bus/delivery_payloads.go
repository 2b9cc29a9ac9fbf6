package bus

import (
	"errors"
	"fmt"
)

// HandlerFailed says that a subscriber could not handle an event; a dead letter was written for it.
type HandlerFailed struct {
	EventID    string `json:"event_id"`
	EventType  Name   `json:"event_type"`
	Subscriber string `json:"subscriber"`
	Error      string `json:"error"`
}

// EventName implements Payload.
func (HandlerFailed) EventName() Name { return "HANDLER_FAILED" }

// Validate implements Payload.
func (h HandlerFailed) Validate() error {
	return errors.Join(
		required("event_id", h.EventID), required("event_type", string(h.EventType)),
		required("subscriber", h.Subscriber), required("error", h.Error),
	)
}

// FactKey implements Fact: one subscriber fails one event once, however often that is told.
func (h HandlerFailed) FactKey() string { return h.Subscriber + " " + h.EventID }

// HandlerTimeout says that a subscriber did not handle an event in time; a dead letter was written for it.
type HandlerTimeout struct {
	EventID        string  `json:"event_id"`
	EventType      Name    `json:"event_type"`
	Subscriber     string  `json:"subscriber"`
	TimeoutSeconds float64 `json:"timeout_seconds"`
}

// EventName implements Payload.
func (HandlerTimeout) EventName() Name { return "HANDLER_TIMEOUT" }

// Validate implements Payload.
func (h HandlerTimeout) Validate() error {
	err := errors.Join(
		required("event_id", h.EventID), required("event_type", string(h.EventType)), required("subscriber", h.Subscriber),
	)
	if h.TimeoutSeconds <= 0 {
		err = errors.Join(err, fmt.Errorf("field %q is %v: it must be more than 0", "timeout_seconds", h.TimeoutSeconds))
	}
	return err
}

// FactKey implements Fact.
func (h HandlerTimeout) FactKey() string { return h.Subscriber + " " + h.EventID }

// DeadLettersStale says that many dead letters wait.
type DeadLettersStale struct {
	StaleCount    int     `json:"stale_count"`
	EventTypes    []Name  `json:"event_types"`
	MaxStaleHours float64 `json:"max_stale_hours"`
}

// EventName implements Payload.
func (DeadLettersStale) EventName() Name { return "DLQ_STALE_EVENTS" }

// Validate implements Payload.
func (s DeadLettersStale) Validate() error { return notNegative("stale_count", s.StaleCount) }

// DeadLettersReplayed says how a round of retries has ended so far.
type DeadLettersReplayed struct {
	RecoveredCount int    `json:"recovered_count"`
	EventTypes     []Name `json:"event_types"`
}

// EventName implements Payload.
func (DeadLettersReplayed) EventName() Name { return "DLQ_EVENTS_REPLAYED" }

// Validate implements Payload.
func (r DeadLettersReplayed) Validate() error {
	return notNegative("recovered_count", r.RecoveredCount)
}

// DeadLettersPurged says that dead letters left the retry queue: given up, or forgotten after their time.
type DeadLettersPurged struct {
	Count  int    `json:"count"`
	Reason string `json:"reason"` // abandoned or expired
	// Keys name the letters, at most one batch.
	Keys []string `json:"keys,omitempty"`
}

// EventName implements Payload.
func (DeadLettersPurged) EventName() Name { return "DLQ_EVENTS_PURGED" }

// Validate implements Payload.
func (p DeadLettersPurged) Validate() error {
	return errors.Join(notNegative("count", p.Count), oneOf("reason", p.Reason, "abandoned", "expired"))
}

// EventRejected says that a hand-written event was refused and where it was put.
type EventRejected struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256,omitempty"`
	Reason string `json:"reason"`
}

// EventName implements Payload.
func (EventRejected) EventName() Name { return "EVENT_REJECTED" }

// Validate implements Payload.
func (r EventRejected) Validate() error {
	return errors.Join(required("file", r.File), required("reason", r.Reason))
}
