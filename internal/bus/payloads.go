package bus

import (
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// DaemonWatchdogAlert says that the watchdog found a daemon in a state that an operator should see.
type DaemonWatchdogAlert struct {
	AlertID    string            `json:"alert_id"` // the same for every announcement of one incident
	Kind       string            `json:"kind"`
	Severity   string            `json:"severity"` // info, warning or critical
	DaemonName spec.Type         `json:"daemon_name,omitempty"`
	Node       string            `json:"node,omitempty"`
	Message    string            `json:"message"`
	Resolved   bool              `json:"resolved,omitempty"`
	Since      time.Time         `json:"since,omitzero"`
	Details    map[string]string `json:"details,omitempty"`
}

// EventName implements Payload.
func (DaemonWatchdogAlert) EventName() Name { return "DAEMON_WATCHDOG_ALERT" }

// Validate implements Payload.
func (a DaemonWatchdogAlert) Validate() error {
	return errors.Join(
		required("alert_id", a.AlertID),
		required("kind", a.Kind),
		oneOf("severity", a.Severity, "info", "warning", "critical"),
		required("message", a.Message),
	)
}

// OperatorNote is free text that a person or a script puts on record.
type OperatorNote struct {
	Text string `json:"text"`
}

// EventName implements Payload.
func (OperatorNote) EventName() Name { return "OPERATOR_NOTE" }

// Validate implements Payload.
func (n OperatorNote) Validate() error { return required("text", n.Text) }
