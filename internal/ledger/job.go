package ledger

import (
	"encoding/json"
	"fmt"
	"time"
)

// Class is the coarse rank of a job; within a class Priority decides.
type Class int64

// The classes, most urgent first.
const (
	Critical Class = iota // evaluations that a promotion waits for, regressions
	High
	Normal
	Low
)

// String is the name of the class.
func (c Class) String() string {
	if c < Critical || c > Low {
		return fmt.Sprintf("class %d", int64(c))
	}
	return [...]string{"critical", "high", "normal", "low"}[c]
}

// Status is where a job stands.
type Status string

// The statuses of a job. The last three are final, until an operator retries the job.
const (
	Waiting   Status = "waiting" // for other jobs
	Pending   Status = "pending" // for a node; not before ReadyAt
	Claimed   Status = "claimed" // given to a node, not started
	Running   Status = "running"
	Completed Status = "completed"
	Failed    Status = "failed"
	Cancelled Status = "cancelled"
)

// Final says whether the job is over.
func (s Status) Final() bool { return s == Completed || s == Failed || s == Cancelled }

// leased says whether a node has the job.
func (s Status) leased() bool { return s == Claimed || s == Running }

// Resources are what a job needs, or what a node has free. Zero means none.
type Resources struct {
	CPU    float64 `json:"cpu"` // cores
	MemMB  int64   `json:"mem_mb"`
	GPU    int64   `json:"gpu"` // devices
	VRAMMB int64   `json:"vram_mb"`
	DiskMB int64   `json:"disk_mb"`
}

// JobSpec is what is to be done.
type JobSpec struct {
	// IdempotencyKey is the natural key: submitted twice, the job is there once.
	IdempotencyKey string          `json:"idempotency_key"`
	Kind           string          `json:"kind"`                 // such as selfplay or train
	ConfigKey      string          `json:"config_key,omitempty"` // empty for jobs of no config
	Class          Class           `json:"class"`
	Priority       int64           `json:"priority"` // 0 to 100, higher first
	PlanID         string          `json:"plan_id,omitempty"`
	IterationID    string          `json:"iteration_id,omitempty"`
	Request        json.RawMessage `json:"request,omitempty"` // of the workload
	Resources      Resources       `json:"resources"`
	Labels         []string        `json:"labels,omitempty"` // a node must have all of them
	// TargetNode alone may run the job until TargetUntil, for ever if that is zero.
	TargetNode    string    `json:"target_node,omitempty"`
	TargetUntil   time.Time `json:"target_until,omitzero"`
	ExcludedNodes []string  `json:"excluded_nodes,omitempty"` // never run it
	// DependsOn are ids of jobs that must complete first. If one fails or is cancelled, so is this one.
	DependsOn []string  `json:"depends_on,omitempty"` // of a new job only: see JobDependencies
	NotBefore time.Time `json:"-"`
	// MaxAttempts is how many attempts may fail; 0 means 3.
	MaxAttempts int64 `json:"max_attempts"`
	// MaxLosses is how many times the job's node may be lost without costing an attempt; 0 means 10.
	MaxLosses          int64 `json:"max_losses"`
	RunLimitSeconds    int64 `json:"run_limit_seconds"`    // 0 means none
	SilentLimitSeconds int64 `json:"silent_limit_seconds"` // 0 means none
}

// Job is a job and what has come of it.
type Job struct {
	ID string `json:"job_id"` // UUIDv7
	JobSpec
	Status       Status   `json:"status"`
	WaitingFor   int64    `json:"waiting_for"`             // how many of its dependencies are not completed
	AvoidedNodes []string `json:"avoided_nodes,omitempty"` // it failed there: others are preferred

	Attempt     int64 `json:"attempt"`  // how often it was started; names the attempt
	Forgiven    int64 `json:"forgiven"` // attempts that do not count against MaxAttempts
	Losses      int64 `json:"losses"`   // leases that lapsed
	Preemptions int64 `json:"preemptions"`

	Token      int64     `json:"token"` // how often it was claimed; fences the lease
	Node       string    `json:"node,omitempty"`
	LeaseUntil time.Time `json:"lease_until,omitzero"`

	CreatedAt  time.Time `json:"created_at"`
	ReadyAt    time.Time `json:"ready_at"` // when it may run first, and since when it waits for a node
	ClaimedAt  time.Time `json:"claimed_at,omitzero"`
	StartedAt  time.Time `json:"started_at,omitzero"`
	RenewedAt  time.Time `json:"renewed_at,omitzero"`
	FinishedAt time.Time `json:"finished_at,omitzero"`

	CancelRequestedAt time.Time       `json:"cancel_requested_at,omitzero"`
	CancelReason      string          `json:"cancel_reason,omitempty"`
	ResumeFrom        string          `json:"resume_from,omitempty"` // reference of the last checkpoint
	Result            json.RawMessage `json:"result,omitempty"`
	ErrorClass        string          `json:"error_class,omitempty"`
	Error             string          `json:"error,omitempty"`
}

// Spent is how many attempts count against MaxAttempts.
func (j Job) Spent() int64 { return j.Attempt - j.Forgiven }

// Lease names one claim of a job. It proves, with every call, that the caller still has it.
type Lease struct {
	JobID string `json:"job_id"`
	Token int64  `json:"token"`
}

// Lease of the job as it was read.
func (j Job) Lease() Lease { return Lease{JobID: j.ID, Token: j.Token} }

func (l Lease) String() string { return fmt.Sprintf("job %s token %d", l.JobID, l.Token) }
