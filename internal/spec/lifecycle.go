package spec

import (
	"strings"
	"time"
)

// Desired is what the operator, or a named policy, wants of a daemon. It is durable and nothing else changes it.
type Desired string

const (
	DesiredRun   Desired = "run"
	DesiredStop  Desired = "stop"
	DesiredPause Desired = "pause"
)

// Phase is where a daemon is in its life. The daemon's own workflow is its only writer.
type Phase string

const (
	PhaseStopped     Phase = "STOPPED"     // not running, because desired, or because the fleet is down
	PhaseBlocked     Phase = "BLOCKED"     // waits for a dependency to be ready
	PhaseStarting    Phase = "STARTING"    // placed on a worker, not ready yet
	PhaseRunning     Phase = "RUNNING"     // has reported ready
	PhaseRestarting  Phase = "RESTARTING"  // failed, next attempt at NextTryAt
	PhaseProbing     Phase = "PROBING"     // restart budget spent, one try at NextTryAt
	PhasePaused      Phase = "PAUSED"      // stopped with its checkpoint until the pause ends
	PhaseStopping    Phase = "STOPPING"    // told to stop, has not ended yet
	PhaseCompleted   Phase = "COMPLETED"   // finished its work; counts as ready
	PhaseDisabled    Phase = "DISABLED"    // not configured here; neither healthy nor failed
	PhaseUnavailable Phase = "UNAVAILABLE" // no worker serves its node
	PhaseFailed      Phase = "FAILED"      // will not be tried again until the operator asks
)

// Phases lists every phase, in the order of a life.
func Phases() []Phase {
	return []Phase{
		PhaseStopped, PhaseBlocked, PhaseStarting, PhaseRunning, PhaseRestarting, PhaseProbing, PhasePaused, PhaseStopping,
		PhaseCompleted, PhaseDisabled, PhaseUnavailable, PhaseFailed,
	}
}

// Ready says whether a daemon in this phase satisfies the edges that point at it.
func (p Phase) Ready() bool { return p == PhaseRunning || p == PhaseCompleted }

// Live says whether a daemon in this phase uses its dependencies, or soon will.
func (p Phase) Live() bool {
	switch p {
	case PhaseRunning, PhaseStarting, PhaseRestarting, PhaseProbing, PhaseStopping:
		return true
	}
	return false
}

// Verb is a command to a daemon, by signal or by update.
type Verb string

const (
	VerbStop    Verb = "stop"
	VerbStart   Verb = "start"
	VerbRestart Verb = "restart"
	VerbPause   Verb = "pause"
	VerbResume  Verb = "resume"
	VerbReset   Verb = "reset"
)

// Verbs lists every command a daemon understands.
func Verbs() []Verb {
	return []Verb{VerbStart, VerbStop, VerbRestart, VerbPause, VerbResume, VerbReset}
}

// Command is the optional payload of a command. The zero value is a plain command without a reason.
type Command struct {
	Reason string `json:"reason,omitempty"`
	Actor  string `json:"actor,omitempty"`
	// Cascade extends stop and restart to the dependents, and start to the dependencies.
	Cascade bool `json:"cascade,omitempty"`
	// For bounds a pause, as a Go duration ("30m"); empty means until resumed.
	For string `json:"for,omitempty"`
}

// Cause classes why an attempt ended. Counters are kept by cause; only some spend the budget.
type Cause string

const (
	CauseError      Cause = "error"       // the daemon returned an error
	CausePanic      Cause = "panic"       // the daemon panicked
	CauseUnhealthy  Cause = "unhealthy"   // too many unhealthy verdicts in a row
	CauseNotReady   Cause = "not_ready"   // did not become ready in time
	CauseConfig     Cause = "config"      // bad configuration: never tried again by itself
	CauseWorkerLost Cause = "worker_lost" // the worker died or was cut off
	CauseDeploy     Cause = "deploy"      // the worker drained and handed over
	CauseOperator   Cause = "operator"    // somebody asked for it
	CauseElsewhere  Cause = "elsewhere"   // the worker does not know the type; another one may
)

// SpendsBudget says whether an attempt that ended for this cause uses up one restart.
func (c Cause) SpendsBudget() bool {
	switch c {
	case CauseError, CausePanic, CauseUnhealthy, CauseNotReady:
		return true
	}
	return false
}

// HealthStatus is the verdict word of a health report.
type HealthStatus string

const (
	HealthUnknown   HealthStatus = "unknown"   // never measured, or not measurable now
	HealthOK        HealthStatus = "ok"        // doing its job, or idle with nothing to do
	HealthDegraded  HealthStatus = "degraded"  // working, with something to look at; never restarted for it
	HealthUnhealthy HealthStatus = "unhealthy" // not doing its job
	HealthWaiting   HealthStatus = "waiting"   // a dependency is down; not the daemon's fault
)

// Health is what a daemon says of its own work. Findings tell of the watched world and never of the daemon.
type Health struct {
	Status   HealthStatus   `json:"status"`
	Message  string         `json:"message,omitempty"`
	Findings []string       `json:"findings,omitempty"`
	Details  map[string]any `json:"details,omitempty"`
	At       time.Time      `json:"at"`
}

// Details of the health of a daemon that has processes of its own, as far as they are known.
const (
	DetailPID        = "pid"          // of the main process
	DetailProcesses  = "processes"    // how many there are, with all descendants
	DetailMemory     = "memory_bytes" // resident, of all of them
	DetailCPU        = "cpu_seconds"  // processor time since they began
	DetailMeasuredAt = "measured_at"  // RFC 3339: when these figures were true
)

// Transition is one change of phase, as it is published and shown.
type Transition struct {
	Daemon Type      `json:"daemon"`
	Node   string    `json:"node,omitempty"`
	Seq    int64     `json:"seq"`
	From   Phase     `json:"from"`
	To     Phase     `json:"to"`
	Cause  Cause     `json:"cause,omitempty"`
	Actor  string    `json:"actor,omitempty"`
	Reason string    `json:"reason,omitempty"`
	Epoch  int64     `json:"epoch,omitempty"`
	At     time.Time `json:"at"`
	// Refused names the verb of a command that was turned down; From and To are then equal.
	Refused Verb `json:"refused,omitempty"`
}

// Kind says what a row of the status table is.
type Kind string

const (
	KindDaemon Kind = "daemon" // one copy in the cluster
	KindGroup  Kind = "group"  // owns the intent of a per-node type
	KindMember Kind = "member" // one node's copy of a per-node type
)

// Info is the runtime state of one daemon: the registry's DaemonInfo, extended.
// Times are the zero time when they do not apply.
type Info struct {
	Daemon  Type      `json:"daemon"`
	Node    string    `json:"node,omitempty"`
	Kind    Kind      `json:"kind"`
	Phase   Phase     `json:"phase"`
	Desired Desired   `json:"desired"`
	Ready   bool      `json:"ready"`
	Since   time.Time `json:"since"`
	Cause   Cause     `json:"cause,omitempty"`
	Actor   string    `json:"actor,omitempty"`
	Reason  string    `json:"reason,omitempty"`

	// RestartCount is what the current budget has paid for; Restarts counts every restart ever, by cause.
	RestartCount int           `json:"restart_count"`
	MaxRestarts  int           `json:"max_restarts"`
	Restarts     map[Cause]int `json:"restarts,omitempty"`
	LastError    string        `json:"last_error,omitempty"`
	NextTryAt    time.Time     `json:"next_try_at,omitzero"`
	// BudgetResetAt is when the budget is whole again if the daemon stays up.
	BudgetResetAt time.Time            `json:"budget_reset_at,omitzero"`
	BlockedOn     []Type               `json:"blocked_on,omitempty"`
	Pauses        map[string]time.Time `json:"pauses,omitempty"`  // reason → expiry, zero time means none
	Refused       string               `json:"refused,omitempty"` // the last command that was turned down, and why

	Epoch   int64  `json:"epoch,omitempty"` // server's start time of this attempt, nanoseconds
	Attempt int    `json:"attempt,omitempty"`
	Worker  string `json:"worker,omitempty"` // identity of the worker that hosts it
	Health  Health `json:"health"`
	Members []Info `json:"members,omitempty"` // of a group
	// Transitions are the last changes, oldest first.
	Transitions []Transition `json:"transitions,omitempty"`
	// Program is the digest of the program that it has been given, empty for a daemon that has none.
	Program string `json:"program,omitempty"`
	// FleetDown is set while `down` holds the daemon whatever is desired.
	FleetDown bool `json:"fleet_down,omitempty"`
}

// At returns the state as it is at a moment: a daemon past its stability window has its budget back,
// although its workflow is only told at the next failure.
func (i Info) At(now time.Time) Info {
	if !i.BudgetResetAt.IsZero() && !now.Before(i.BudgetResetAt) {
		i.RestartCount = 0
	}
	return i
}

// FleetState is the switch that `up` and `down` flip.
type FleetState string

const (
	FleetUp   FleetState = "up"
	FleetDown FleetState = "down"
)

// Node is one worker process as the supervisor knows it.
type Node struct {
	ID       string `json:"id"`
	Roles    []Role `json:"roles,omitempty"` // empty means all
	Identity string `json:"identity"`        // of its worker process; names its control queue
	// HTTP is where the server of its worker process is reached, host:port; empty for one that has not told.
	HTTP string `json:"http,omitempty"`
	// Removed is an operator's word: nothing runs there, whatever its worker says, until it is taken back.
	Removed bool `json:"removed,omitempty"`
}

// Has says whether the node may host a daemon that is limited to the given roles.
func (n Node) Has(roles []Role) bool {
	if len(roles) == 0 || len(n.Roles) == 0 {
		return true
	}
	for _, have := range n.Roles {
		for _, want := range roles {
			if have == want {
				return true
			}
		}
	}
	return false
}

// FleetStatus is the supervisor's view of the fleet.
type FleetStatus struct {
	Fleet        FleetState `json:"fleet"`
	Installation string     `json:"installation"`
	Daemons      []Info     `json:"daemons"`
	Nodes        []Node     `json:"nodes"`             // without those that were removed
	Planned      []Type     `json:"planned,omitempty"` // asked for, but not written yet
}

// WorkflowID is the id of a daemon's workflow: daemon/<TYPE>, or daemon/<TYPE>@<node> for a node's copy.
func WorkflowID(daemon Type, node string) string {
	if node == "" {
		return workflowPrefix + string(daemon)
	}
	return workflowPrefix + string(daemon) + "@" + node
}

// ParseWorkflowID is the inverse of WorkflowID; ok is false for other workflows.
func ParseWorkflowID(id string) (daemon Type, node string, ok bool) {
	name, found := strings.CutPrefix(id, workflowPrefix)
	if !found {
		return "", "", false
	}
	name, node, _ = strings.Cut(name, "@")
	return Type(name), node, name != ""
}

const workflowPrefix = "daemon/"

// Names of workflows, task queues, queries and search attributes. They are stored in every history: never change one.
const (
	SupervisorID = "supervisor"

	QueueDaemons = "daemons"         // workflows and cluster daemons
	QueueSupport = "daemons/support" // short activities of the workflows

	QueryInfo   = "info"   // of a daemon or group: Info
	QueryStatus = "status" // of the supervisor: FleetStatus

	SignalUp   = "up"
	SignalDown = "down"

	AttributeType     = "DaemonType"
	AttributeCategory = "DaemonCategory"
	AttributePhase    = "DaemonPhase"
	AttributeCritical = "DaemonCritical"
	AttributeNode     = "DaemonNode"
)

// NodeQueue is the task queue of the daemons and jobs that must run on one node.
func NodeQueue(node string) string { return "node/" + node }

// ControlQueue is the private task queue of one worker process.
func ControlQueue(identity string) string { return "ctl/" + identity }

// IndexType is how Temporal indexes a search attribute.
type IndexType string

const (
	IndexKeyword IndexType = "Keyword"
	IndexBool    IndexType = "Bool"
)

// SearchAttributes are the columns of the Web UI's list that the workflows of daemons and jobs fill in.
func SearchAttributes() map[string]IndexType {
	return map[string]IndexType{
		AttributeType: IndexKeyword, AttributeCategory: IndexKeyword, AttributePhase: IndexKeyword,
		AttributeNode: IndexKeyword, AttributeCritical: IndexBool,
		AttributeJobKind: IndexKeyword, AttributeConfigKey: IndexKeyword,
	}
}
