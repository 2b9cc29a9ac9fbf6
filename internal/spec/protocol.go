package spec

import "time"

// The messages below pass between the workflows and the workers that host daemons. They are stored in
// histories: fields are only ever added.

// Signals inside the system; operators use the verbs.
const (
	SignalReport     = "report"     // host → daemon: Report
	SignalReady      = "ready"      // host or group → parent: ReadyList
	SignalNotice     = "notice"     // child → parent: Notice
	SignalAsk        = "ask"        // child → parent: Ask, may I start?
	SignalPermission = "permission" // child → parent: PermissionRequest, may I stop?
	SignalClear      = "clear"      // parent → child: Clearance
	SignalBlocked    = "blocked"    // parent → child: Blocked
	SignalAnswer     = "answer"     // parent → child: PermissionAnswer
	SignalPatience   = "patience"   // parent → child: Patience, the answer takes longer
	SignalHold       = "hold"       // parent → child: the fleet is down for you
	SignalNode       = "node"       // worker → supervisor → groups: NodeNotice
	SignalDismiss    = "dismiss"    // group → member: its node was removed, so it ends for good
	SignalClosed     = "closed"     // guard → supervisor or group: ClosedNotice
)

// Activities by name. RunDaemon runs on the daemon's queue, StopDaemon and StopMany on a control queue,
// the others on the support queue; Publish is local.
const (
	ActivityRunDaemon  = "RunDaemon"
	ActivityStopDaemon = "StopDaemon"
	ActivityStopMany   = "StopMany"
	ActivityLocate     = "Locate"
	ActivityCensus     = "Census"
	ActivityPublish    = "Publish"
)

// DaemonInput starts the workflow of one running copy.
type DaemonInput struct {
	Spec   Daemon `json:"spec"`
	Node   string `json:"node,omitempty"`   // the node of a member; empty for a cluster daemon
	Parent string `json:"parent,omitempty"` // workflow id that gates starts and wants to know
	// Cleared says that the dependencies are ready, so that the first start needs no question.
	Cleared   bool   `json:"cleared,omitempty"`
	BlockedOn []Type `json:"blocked_on,omitempty"`
	// HasDependents makes a stop ask the parent first.
	HasDependents bool   `json:"has_dependents,omitempty"`
	FleetDown     bool   `json:"fleet_down,omitempty"`
	Nodes         []Node `json:"nodes,omitempty"` // for a group
	// NodeCount is how many nodes run this type, as far as the group knew when it started the member.
	NodeCount int    `json:"node_count,omitempty"`
	Carry     *Carry `json:"carry,omitempty"`
}

// Carry is what must outlive one run of a daemon's workflow: intent, counters and where it ran.
type Carry struct {
	Desired     Desired              `json:"desired"`
	Pauses      map[string]time.Time `json:"pauses,omitempty"`
	Seq         int64                `json:"seq"`
	Spent       int                  `json:"spent"`
	Exhausted   bool                 `json:"exhausted,omitempty"`
	Restarts    map[Cause]int        `json:"restarts,omitempty"`
	LastError   string               `json:"last_error,omitempty"`
	NextTryAt   time.Time            `json:"next_try_at,omitzero"`
	Ended       Phase                `json:"ended,omitempty"` // FAILED, COMPLETED or DISABLED
	EndedReason string               `json:"ended_reason,omitempty"`
	Handover    []byte               `json:"handover,omitempty"`
	Phase       Phase                `json:"phase,omitempty"`
	Since       time.Time            `json:"since,omitzero"`
	Worker      string               `json:"worker,omitempty"` // may still run a copy
	Transitions []Transition         `json:"transitions,omitempty"`
	// Epochs are the highest that a group has heard of its members, by workflow id.
	Epochs map[string]int64 `json:"epochs,omitempty"`
}

// RunInput is one fresh activity: a budget of attempts on one daemon.
type RunInput struct {
	Spec     Daemon `json:"spec"`
	Node     string `json:"node,omitempty"`
	Parent   string `json:"parent,omitempty"`
	Spent    int    `json:"spent"`    // failures already charged to the current budget
	Attempts int    `json:"attempts"` // MaximumAttempts of this activity
	Handover []byte `json:"handover,omitempty"`
	// Evict names a worker that may still run an older copy of this daemon.
	Evict string `json:"evict,omitempty"`
	// NodeCount lets a worker spread what it has to say over the more time, the more workers talk at once.
	NodeCount int `json:"node_count,omitempty"`
}

// Outcome says how an activity ended that did not end in an error.
type Outcome string

const (
	OutcomeStopped   Outcome = "stopped"   // told to stop, or cancelled
	OutcomeDown      Outcome = "down"      // stopped because the fleet goes down
	OutcomeHandover  Outcome = "handover"  // the worker drains; start again at once elsewhere
	OutcomeRenew     Outcome = "renew"     // this attempt was needed for a cause that costs nothing
	OutcomeFailed    Outcome = "failed"    // failed after a stable run: the budget is whole again
	OutcomeElsewhere Outcome = "elsewhere" // this worker does not know the type
	OutcomeCompleted Outcome = "completed"
	OutcomeDisabled  Outcome = "disabled"
)

// RunResult is the result of RunDaemon.
type RunResult struct {
	Outcome   Outcome       `json:"outcome"`
	Cause     Cause         `json:"cause,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Delay     time.Duration `json:"delay_ns,omitempty"` // before the next start
	Handover  []byte        `json:"handover,omitempty"`
	Abandoned bool          `json:"abandoned,omitempty"`
	Epoch     int64         `json:"epoch,omitempty"` // of the attempt that ended; an error has it as its detail
}

// ReportKind says what a host reports to the daemon's own workflow.
type ReportKind string

const (
	ReportReady  ReportKind = "ready"
	ReportFailed ReportKind = "failed" // the attempt ends now, the server will start the next one
	ReportHealth ReportKind = "health" // the verdict changed
)

// Report is what a workflow hears of the attempt that runs.
type Report struct {
	Kind      ReportKind `json:"kind"`
	Epoch     int64      `json:"epoch"`
	Attempt   int        `json:"attempt"`
	Worker    string     `json:"worker"`
	At        time.Time  `json:"at"`
	Cause     Cause      `json:"cause,omitempty"`
	Error     string     `json:"error,omitempty"`
	NextTryAt time.Time  `json:"next_try_at,omitzero"`
	Health    Health     `json:"health,omitzero"`
}

// ReadyNotice names one child that is ready and where it runs.
type ReadyNotice struct {
	ID     string `json:"id"`
	Epoch  int64  `json:"epoch"`
	Worker string `json:"worker,omitempty"`
	// Vouched comes from the child's own workflow, in order with its notices: it answers a clearance that found
	// the child running. Without it the host tells, which may be late and then counts only for a new epoch.
	Vouched bool `json:"vouched,omitempty"`
}

// ReadyList is a batch of ready children.
type ReadyList struct {
	Ready []ReadyNotice `json:"ready"`
}

// Notice tells a parent that a child entered a phase in which it is not running.
type Notice struct {
	ID     string `json:"id"`
	Phase  Phase  `json:"phase"`
	Epoch  int64  `json:"epoch,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Desired tells a stop that was asked of this child alone from one that will pass.
	Desired Desired `json:"desired,omitempty"`
	// FleetDown says that the child stays stopped until it is cleared again.
	FleetDown bool `json:"fleet_down,omitempty"`
}

// Ask is a child's question whether its dependencies are ready.
type Ask struct {
	ID string `json:"id"`
}

// PermissionRequest is a child's question whether it may stop under its dependents, and a child's wish
// that a command cascades.
type PermissionRequest struct {
	ID      string  `json:"id"`
	Request string  `json:"request"`
	Verb    Verb    `json:"verb"`
	Command Command `json:"command"`
}

// PermissionAnswer answers a PermissionRequest; an empty Refused is a yes.
type PermissionAnswer struct {
	Request string `json:"request"`
	Refused string `json:"refused,omitempty"`
	Touched []Type `json:"touched,omitempty"`
}

// Patience says that a PermissionRequest is being carried out, and how long that may take.
type Patience struct {
	Request string        `json:"request"`
	Within  time.Duration `json:"within_ns"`
}

// Clearance lets a child start: its dependencies are ready and the fleet is up.
type Clearance struct {
	Spec          Daemon `json:"spec"`
	HasDependents bool   `json:"has_dependents,omitempty"`
}

// Blocked tells a child what it waits for.
type Blocked struct {
	On []Type `json:"on"`
}

// NodeNotice says that worker processes serve these nodes now, or that they were removed.
type NodeNotice struct {
	Nodes []Node `json:"nodes"`
}

// ClosedNotice names workflows of children that are closed although nobody ended them.
type ClosedNotice struct {
	IDs []string `json:"ids"`
}

// StopReason tells a running daemon why it must end; the result of its activity repeats it.
type StopReason string

const (
	StopForOperator StopReason = "operator" // stop or restart
	StopForPause    StopReason = "pause"
	StopForDown     StopReason = "down"
	StopForHandover StopReason = "handover"
	StopForEviction StopReason = "evicted" // a newer copy starts
	StopForFence    StopReason = "fenced"  // the server no longer accepts this attempt
)

// StopDaemonInput asks a worker to end one daemon. Epoch 0 means whatever runs under the name.
type StopDaemonInput struct {
	ID     string     `json:"id"`
	Epoch  int64      `json:"epoch,omitempty"`
	Reason StopReason `json:"reason"`
}

// StopDaemonResult says whether the worker runs it and has told it.
type StopDaemonResult struct {
	Told bool `json:"told"`
}

// StopManyInput ends daemons of one worker: the layers one after the other, those of a layer at once.
type StopManyInput struct {
	Layers [][]string `json:"layers"` // workflow ids
	Reason StopReason `json:"reason"`
}

// StopManyResult has the outcome of every id the worker was running.
type StopManyResult struct {
	Outcomes map[string]StopOutcome `json:"outcomes"`
}

// CensusInput asks what has become of some children.
type CensusInput struct {
	IDs []string `json:"ids"`
	// First says that the parent has never had a child, so that it is worth while to ask whether there is any
	// daemon at all before each is looked for.
	First bool `json:"first,omitempty"`
}

// CensusResult has a row for each child whose workflow runs, and what is left of each that is closed.
// Children that never existed are in neither.
type CensusResult struct {
	Running []Row            `json:"running,omitempty"`
	Closed  map[string]Carry `json:"closed,omitempty"`
	// Unreadable children exist, but their workflow does not answer now.
	Unreadable []string `json:"unreadable,omitempty"`
}

// LocateInput names a daemon's workflow.
type LocateInput struct {
	ID string `json:"id"`
}

// LocateResult names the attempt of a daemon that runs right now, and its worker, if one does.
type LocateResult struct {
	Worker string `json:"worker,omitempty"`
	Epoch  int64  `json:"epoch,omitempty"` // 0 where an older worker looked it up: any attempt
}

// SupervisorInput starts the supervisor.
type SupervisorInput struct {
	Carry *SupervisorCarry `json:"carry,omitempty"`
}

// SupervisorCarry is what must outlive one run of the supervisor. The running children keep their own state.
type SupervisorCarry struct {
	Fleet   FleetState `json:"fleet"`
	Request UpRequest  `json:"request"`
	// Before is the file that was in force before Request.Applied.
	Before *Applied `json:"before,omitempty"`
	Nodes  []Node   `json:"nodes,omitempty"`
	Rows   []Row    `json:"rows,omitempty"`
}

// Row is what a parent knows of one child.
type Row struct {
	ID        string    `json:"id"`
	Phase     Phase     `json:"phase"`
	Epoch     int64     `json:"epoch,omitempty"`
	Worker    string    `json:"worker,omitempty"`
	Since     time.Time `json:"since"`
	Reason    string    `json:"reason,omitempty"`
	BlockedOn []Type    `json:"blocked_on,omitempty"`
	Desired   Desired   `json:"desired,omitempty"`
	Existing  bool      `json:"existing"` // its workflow has been started
	Kind      Kind      `json:"kind,omitempty"`
	Program   string    `json:"program,omitempty"`
}

// QueryCarry asks a daemon, a group or the supervisor, also a closed one, for its Carry or SupervisorCarry.
const QueryCarry = "carry"

// PublishInput carries transitions to the event log, in order.
type PublishInput struct {
	Transitions []Transition `json:"transitions"`
}
