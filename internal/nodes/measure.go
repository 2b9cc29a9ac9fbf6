package nodes

import "time"

// Measured is a value and when it was measured, or why it could not be.
type Measured[T any] struct {
	Value *T        `json:"value,omitempty"` // nil: unknown
	At    time.Time `json:"at"`
	Fault string    `json:"fault,omitempty"` // why it is unknown
}

// Get returns the value, and false if it is unknown.
func (m Measured[T]) Get() (value T, known bool) {
	if m.Value == nil {
		return value, false
	}
	return *m.Value, true
}

// measured takes the outcome of a measurement.
func measured[T any](at time.Time, value T, err error) Measured[T] {
	if err != nil {
		return Measured[T]{At: at, Fault: err.Error()}
	}
	return Measured[T]{Value: &value, At: at}
}

// Known is a value that was measured.
func Known[T any](at time.Time, value T) Measured[T] { return measured(at.UTC(), value, nil) }

// Unknown is a value that could not be measured, and why.
func Unknown[T any](at time.Time, fault string) Measured[T] {
	return Measured[T]{At: at.UTC(), Fault: fault}
}
