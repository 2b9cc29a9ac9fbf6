package bus

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Transition is the common content of the events that tell of a daemon's life.
type Transition struct {
	DaemonName spec.Type  `json:"daemon_name"`
	Node       string     `json:"node,omitempty"` // of a per-node daemon
	Seq        int64      `json:"seq"`
	OldStatus  spec.Phase `json:"old_status,omitempty"` // empty for the first phase ever
	NewStatus  spec.Phase `json:"new_status"`
	Cause      spec.Cause `json:"cause,omitempty"`
	Actor      string     `json:"actor,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	Epoch      int64      `json:"epoch,omitempty"`
	At         time.Time  `json:"at"`
}

// Validate implements Payload.
func (t Transition) Validate() error {
	return errors.Join(
		required("daemon_name", string(t.DaemonName)),
		required("new_status", string(t.NewStatus)),
		requiredTime("at", t.At),
	)
}

// FactKey implements Fact: a transition is the same one wherever it is announced from.
func (t Transition) FactKey() string {
	return fmt.Sprintf("%s@%s %d %s>%s %s %d", t.DaemonName, t.Node, t.Seq, t.OldStatus, t.NewStatus, t.At.UTC().Format(time.RFC3339Nano), t.Epoch)
}

// DaemonStarted says that a daemon is running and has reported ready.
type DaemonStarted struct{ Transition }

// EventName implements Payload.
func (DaemonStarted) EventName() Name { return "DAEMON_STARTED" }

// DaemonStopped says that a daemon has ended because it should.
type DaemonStopped struct{ Transition }

// EventName implements Payload.
func (DaemonStopped) EventName() Name { return "DAEMON_STOPPED" }

// DaemonStatusChanged says that a daemon went from one phase to another that has no event of its own.
type DaemonStatusChanged struct{ Transition }

// EventName implements Payload.
func (DaemonStatusChanged) EventName() Name { return "DAEMON_STATUS_CHANGED" }

// DaemonPermanentlyFailed says that a daemon will not be tried again until an operator asks.
type DaemonPermanentlyFailed struct{ Transition }

// EventName implements Payload.
func (DaemonPermanentlyFailed) EventName() Name { return "DAEMON_PERMANENTLY_FAILED" }

// DaemonCommandRefused says that a daemon turned down a command.
type DaemonCommandRefused struct {
	Transition
	Verb spec.Verb `json:"verb"`
}

// EventName implements Payload.
func (DaemonCommandRefused) EventName() Name { return "DAEMON_COMMAND_REFUSED" }

// Validate implements Payload.
func (r DaemonCommandRefused) Validate() error {
	return errors.Join(r.Transition.Validate(), required("verb", string(r.Verb)))
}

// FactKey implements Fact.
func (r DaemonCommandRefused) FactKey() string { return r.Transition.FactKey() + " " + string(r.Verb) }

// TransitionPayload returns the one event that a transition gives.
func TransitionPayload(t spec.Transition) Payload {
	content := Transition{
		DaemonName: t.Daemon, Node: t.Node, Seq: t.Seq, OldStatus: t.From, NewStatus: t.To,
		Cause: t.Cause, Actor: t.Actor, Reason: t.Reason, Epoch: t.Epoch, At: t.At,
	}
	switch {
	case t.Refused != "":
		return DaemonCommandRefused{content, t.Refused}
	case t.To == spec.PhaseRunning:
		return DaemonStarted{content}
	case t.To == spec.PhaseStopped:
		return DaemonStopped{content}
	case t.To == spec.PhaseFailed:
		return DaemonPermanentlyFailed{content}
	}
	return DaemonStatusChanged{content}
}

// TransitionNames are the events that TransitionPayload makes of changes of phase.
func TransitionNames() []Name {
	return []Name{
		DaemonStarted{}.EventName(), DaemonStopped{}.EventName(), DaemonPermanentlyFailed{}.EventName(), DaemonStatusChanged{}.EventName(),
	}
}

// Spec is the change that the event tells.
func (t Transition) Spec() spec.Transition {
	return spec.Transition{
		Daemon: t.DaemonName, Node: t.Node, Seq: t.Seq, From: t.OldStatus, To: t.NewStatus,
		Cause: t.Cause, Actor: t.Actor, Reason: t.Reason, Epoch: t.Epoch, At: t.At,
	}
}
