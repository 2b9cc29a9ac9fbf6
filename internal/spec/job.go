package spec

import (
	"encoding/json"
	"time"
)

// WorkflowJob is the workflow type of one granted job. It lives as long as the grant: a job that is tried
// again is granted again, and has another run under the same id.
const WorkflowJob = "Job"

// Activities of a job. RunJob runs on the queue of the job's node; the others are local, wherever the
// workflow runs.
const (
	ActivityStartJob  = "StartJob"
	ActivityRunJob    = "RunJob"
	ActivityFinishJob = "FinishJob"
)

// Signals to a running job. Both take a JobStop, or nothing.
const (
	SignalCancelJob  = "cancel"  // its owner does not want it any more
	SignalPreemptJob = "preempt" // its place is needed: it goes back into the queue
)

// Search attributes of a job's workflow.
const (
	AttributeJobKind   = "JobKind"
	AttributeConfigKey = "ConfigKey"
)

// JobHeartbeatTimeout is how long the node of a running job may be silent. The job's processes end before that, whether their
// worker is dead, frozen or cut off, so that a replacement never runs beside them.
const JobHeartbeatTimeout = 25 * time.Second

// JobWorkflowID is the id of a job's workflow.
func JobWorkflowID(jobID string) string { return jobPrefix + jobID }

const jobPrefix = "job/"

// JobGrant says that a node may run a job now. Token fences it: a later grant of the same job has a higher
// one, and what an older one still does is not taken.
type JobGrant struct {
	JobID     string `json:"job_id"`
	Token     int64  `json:"token"`
	Node      string `json:"node"`
	Kind      string `json:"kind"`
	ConfigKey string `json:"config_key,omitempty"`
}

// JobStart is what is to be run. The assignment is for the node; workflows do not look into it.
type JobStart struct {
	// Refused says why there is nothing to run: the grant is no longer good.
	Refused    string          `json:"refused,omitempty"`
	Attempt    int64           `json:"attempt,omitempty"`
	Assignment json.RawMessage `json:"assignment,omitempty"`
	// RunLimit bounds the attempt; zero is a day.
	RunLimit time.Duration `json:"run_limit_ns,omitempty"`
}

// JobStop is who stops a job and why.
type JobStop struct {
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// JobEnd is how an attempt ended, for the ledger.
type JobEnd struct {
	Grant JobGrant `json:"grant"`
	// Report is what the node says; nil if the node did not get to say anything.
	Report json.RawMessage `json:"report,omitempty"`
	// Lost says why there is no report, empty if there is one.
	Lost string `json:"lost,omitempty"`
	// Progress is the last heartbeat's details of an attempt without report, if there were any.
	Progress json.RawMessage `json:"progress,omitempty"`
	// Stopped is the signal that asked the attempt to end, empty if none did.
	Stopped string  `json:"stopped,omitempty"`
	Stop    JobStop `json:"stop,omitzero"`
}

// JobOutcome is what the ledger made of an attempt; the workflow returns it.
type JobOutcome struct {
	// Status is the job's in the ledger: completed, failed, cancelled or, for one that will be granted again, pending.
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}
