package spec

import "time"

// Workflow type names, as they stand in every history.
const (
	WorkflowSupervisor = "Supervisor"
	WorkflowGroup      = "Group"
	WorkflowDaemon     = "Daemon"
)

// The supervisor's updates. A daemon's updates are named by its verbs: they take a Command and return a
// CommandResult.
const (
	UpdateUp   = "up"   // UpRequest → FleetStatus; returns once the plan is taken, not once all is ready
	UpdateDown = "down" // Command → DownResult; returns when every daemon has ended or was abandoned
	UpdateNode = "node" // NodeOrder → nothing; returns once it is known, not once the node's daemons have ended
)

// ErrorRefused is the type of the application error by which an update says no.
const ErrorRefused = "Refused"

// UpRequest is what `up` asks of the supervisor. The supervisor makes the fleet exactly this.
type UpRequest struct {
	// Installation identifies the data folder that owns the namespace; another one is refused.
	Installation string `json:"installation"`
	// Daemons are the rows to run with their effective edges, in startup order, as Registry.Plan returns them.
	Daemons []Daemon `json:"daemons"`
	// Planned are the types that were asked for but cannot run in this build.
	Planned []Type `json:"planned,omitempty"`
	Actor   string `json:"actor,omitempty"`
	// Applied is the file of command daemons that is in force; nil if none ever was.
	Applied *Applied `json:"applied,omitempty"`
}

// Applied is a file of command daemons as it was applied. Its rows are among UpRequest.Daemons.
type Applied struct {
	// Text is the file, with everything that it includes, in canonical form.
	Text string `json:"text"`
	// Digest tells two texts apart.
	Digest string    `json:"digest"`
	From   []string  `json:"from"` // the files it was read from
	At     time.Time `json:"at"`
	Actor  string    `json:"actor,omitempty"`
}

// NodeOrder removes a node from the fleet, or takes a removed one back.
type NodeOrder struct {
	ID      string `json:"id"`
	Removed bool   `json:"removed"`
}

// CommandResult answers an accepted command.
type CommandResult struct {
	Phase   Phase  `json:"phase"`
	Message string `json:"message"`
	// Touched names the other daemons that a cascade reached.
	Touched []Type `json:"touched,omitempty"`
}

// StopOutcome says how one daemon's stop ended.
type StopOutcome string

const (
	StopClean     StopOutcome = "clean"       // ended by itself in time
	StopAbandoned StopOutcome = "abandoned"   // did not end in time; fenced
	StopIdle      StopOutcome = "not running" // nothing to stop
)

// DaemonStop is one line of a DownResult.
type DaemonStop struct {
	Daemon  Type        `json:"daemon"`
	Node    string      `json:"node,omitempty"`
	Outcome StopOutcome `json:"outcome"`
}

// DownResult lists the outcome of every daemon, in the order in which they were stopped.
type DownResult struct {
	Outcomes []DaemonStop `json:"outcomes"`
}
