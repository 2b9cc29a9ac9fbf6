package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// Bounds of what may be put on the bus.
const (
	// MaxPayloadBytes bounds the content of one event: only references travel, never data.
	MaxPayloadBytes = 256 << 10
	// MaxEventBytes bounds one event with its envelope.
	MaxEventBytes = MaxPayloadBytes + 16<<10

	maxAttribute = 256 // bytes of one text in the envelope
)

// Submission is an event as people and foreign programs write it: in the spool, by POST /event and by `publish`.
type Submission struct {
	Type    Name            `json:"event_type"`
	Payload json.RawMessage `json:"payload"`
	// OccurredAt makes the submission repeatable: the same one sent twice is then one event.
	OccurredAt    time.Time `json:"occurred_at,omitzero"`
	Source        string    `json:"source,omitempty"`
	ConfigKey     string    `json:"config_key,omitempty"`
	CorrelationID string    `json:"correlation_id,omitempty"`
	CausationID   string    `json:"causation_id,omitempty"`
}

// Parse reads the payload of the named event strictly: unknown fields, missing required fields and wrong
// types are errors that name the field and what it should be.
func Parse(name Name, raw []byte) (Payload, error) {
	entry, err := Lookup(name)
	if err != nil {
		return nil, err
	}
	payload, err := entry.parse(raw)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", name, err)
	}
	return payload, nil
}

// ParseSubmission reads a hand-written event strictly. What the submission leaves open is taken from origin;
// origin.Key and origin.OccurredAt count only where the submission names no time.
func ParseSubmission(raw []byte, origin Origin) (Event, error) {
	submission, err := decodeStrictly[Submission](raw, MaxEventBytes)
	if err != nil {
		return Event{}, fmt.Errorf("event: %w", err)
	}
	if err := submission.validate(); err != nil {
		return Event{}, fmt.Errorf("event: %w", err)
	}
	payload, err := Parse(submission.Type, submission.Payload)
	if err != nil {
		return Event{}, err
	}
	return NewEvent(payload, submission.over(origin))
}

func (s Submission) validate() error {
	if s.Type == "" {
		return errors.New(`field "event_type" is missing: it must name an event, such as "OPERATOR_NOTE"`)
	}
	if len(s.Payload) == 0 {
		return errors.New(`field "payload" is missing: it must be an object, {} for an empty one`)
	}
	attributes := []struct{ field, value string }{
		{"source", s.Source}, {"config_key", s.ConfigKey},
		{"correlation_id", s.CorrelationID}, {"causation_id", s.CausationID},
	}
	for _, attribute := range attributes {
		if len(attribute.value) > maxAttribute {
			return fmt.Errorf("field %q has %d bytes: at most %d are allowed", attribute.field, len(attribute.value), maxAttribute)
		}
	}
	if year := s.OccurredAt.Year(); !s.OccurredAt.IsZero() && (year < 1970 || year > 9999) {
		return fmt.Errorf("field %q is in year %d: it must be between 1970 and 9999", "occurred_at", year)
	}
	return nil
}

func (s Submission) over(origin Origin) Origin {
	if !s.OccurredAt.IsZero() {
		origin.OccurredAt, origin.Key = s.OccurredAt, ""
	}
	if s.Source != "" {
		origin.Source = s.Source
	}
	origin.ConfigKey, origin.CorrelationID, origin.CausationID = s.ConfigKey, s.CorrelationID, s.CausationID
	return origin
}

func parsePayload[T Payload](raw []byte) (Payload, error) {
	payload, err := decodeStrictly[T](raw, MaxPayloadBytes)
	if err != nil {
		return nil, err
	}
	if err := payload.Validate(); err != nil {
		return nil, err
	}
	return payload, nil
}

// decodeStrictly reads exactly one JSON object into T.
func decodeStrictly[T any](raw []byte, limit int) (T, error) {
	var value T
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) > limit:
		return value, fmt.Errorf("content has %d bytes: at most %d are allowed", len(raw), limit)
	case len(raw) == 0:
		return value, errors.New("content is missing: it must be a JSON object")
	case raw[0] != '{':
		return value, errors.New("content is not a JSON object: write {…}")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, explain[T](raw, err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("content goes on after the JSON object: send one object each")
	}
	return value, nil
}

// explain turns an error of encoding/json into one that names the field and the fix.
func explain[T any](raw []byte, err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return fmt.Errorf("field %q is a %s: it must be a %s", wrongType.Field, wrongType.Value, wrongType.Type)
	case errors.As(err, &syntax):
		return fmt.Errorf("not valid JSON at byte %d: %w", syntax.Offset, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("not valid JSON: the content ends too early")
	}
	if field, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		return fmt.Errorf("field %.80s is unknown: remove it", field)
	}
	if field, found := culprit[T](raw); found {
		return fmt.Errorf("field %q: %w", field, err)
	}
	return fmt.Errorf("not valid JSON: %w", err)
}

// culprit finds the field that T refuses on its own. Types with a decoding of their own, such as times, do
// not say where they were.
func culprit[T any](raw []byte) (field string, found bool) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return "", false
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		alone, err := json.Marshal(map[string]json.RawMessage{field: fields[field]})
		var value T
		if err == nil && json.Unmarshal(alone, &value) != nil {
			return field, true
		}
	}
	return "", false
}
