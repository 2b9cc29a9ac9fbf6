package bus

import (
	"errors"
	"fmt"
	"time"
)

// LevelChange is the common content of the events that tell how full a queue is. Levels are kept in the ledger, so
// that a change is one fact however often it is told.
type LevelChange struct {
	Queue    string    `json:"queue"`
	Sequence int64     `json:"sequence"` // counts the queue's changes
	Old      string    `json:"old,omitempty"`
	New      string    `json:"new"`
	Depth    int64     `json:"queue_depth"` // at the change
	At       time.Time `json:"timestamp"`
}

// Validate implements Payload.
func (l LevelChange) Validate() error {
	err := errors.Join(required("queue", l.Queue), required("new", l.New), requiredTime("timestamp", l.At))
	if l.Sequence < 1 {
		err = errors.Join(err, fmt.Errorf("field %q is %d: it must be 1 or more", "sequence", l.Sequence))
	}
	return err
}

// FactKey implements Fact.
func (l LevelChange) FactKey() string { return fmt.Sprintf("%s %d", l.Queue, l.Sequence) }

// QueueLevelChanged says that the producers of a queue are to go slower, or may go faster.
type QueueLevelChanged struct {
	LevelChange
	// Factor is the share of its full rate that a producer may use: 1 at no pressure, 0 at stop.
	Factor float64 `json:"factor"`
}

// EventName implements Payload.
func (QueueLevelChanged) EventName() Name { return "QUEUE_LEVEL_CHANGED" }

// WorkQueueBackpressure says that the queue of jobs is so full that fewer are put into it.
type WorkQueueBackpressure struct {
	LevelChange
	ReductionFactor float64 `json:"reduction_factor"` // of the usual batch: 0 is none at all
	Utilization     float64 `json:"utilization"`      // of the hard limit
}

// EventName implements Payload.
func (WorkQueueBackpressure) EventName() Name { return "WORK_QUEUE_BACKPRESSURE" }

// WorkQueueBackpressureReleased says that the queue of jobs is filled as usual again.
type WorkQueueBackpressureReleased struct{ LevelChange }

// EventName implements Payload.
func (WorkQueueBackpressureReleased) EventName() Name { return "WORK_QUEUE_BACKPRESSURE_RELEASED" }

// WorkQueueExhausted says that everything a plan asks for is in the queue or done.
type WorkQueueExhausted struct {
	PlanID string `json:"plan_id"`
	Games  int64  `json:"games"`
}

// EventName implements Payload.
func (WorkQueueExhausted) EventName() Name { return "WORK_QUEUE_EXHAUSTED" }

// Validate implements Payload.
func (w WorkQueueExhausted) Validate() error { return required("plan_id", w.PlanID) }

// FactKey implements Fact.
func (w WorkQueueExhausted) FactKey() string { return w.PlanID }

// QueuePopulationSkipped says that nothing is put into the queue for now.
type QueuePopulationSkipped struct {
	Reason string `json:"reason"`
	// Since is when that began; it identifies the incident.
	Since time.Time `json:"since"`
}

// EventName implements Payload.
func (QueuePopulationSkipped) EventName() Name { return "QUEUE_POPULATION_SKIPPED" }

// Validate implements Payload.
func (q QueuePopulationSkipped) Validate() error {
	return errors.Join(required("reason", q.Reason), requiredTime("since", q.Since))
}

// FactKey implements Fact.
func (q QueuePopulationSkipped) FactKey() string {
	return q.Reason + " " + q.Since.UTC().Format(time.RFC3339Nano)
}

// BackpressureActivated says that more jobs wait than the cluster works off.
type BackpressureActivated struct {
	LevelChange
	Threshold int64 `json:"threshold"`
}

// EventName implements Payload.
func (BackpressureActivated) EventName() Name { return "BACKPRESSURE_ACTIVATED" }

// BackpressureReleased says that BACKPRESSURE_ACTIVATED is over.
type BackpressureReleased struct {
	LevelChange
	Threshold int64 `json:"threshold"`
}

// EventName implements Payload.
func (BackpressureReleased) EventName() Name { return "BACKPRESSURE_RELEASED" }

// NodeOverloaded says that a node has more jobs than it can work on.
type NodeOverloaded struct {
	NodeID    string    `json:"node_id"`
	Sequence  int64     `json:"sequence"` // counts the node's changes between overloaded and not
	JobCount  int64     `json:"job_count"`
	Threshold int64     `json:"threshold"`
	At        time.Time `json:"timestamp"`
}

// EventName implements Payload.
func (NodeOverloaded) EventName() Name { return "NODE_OVERLOADED" }

// Validate implements Payload.
func (n NodeOverloaded) Validate() error {
	return errors.Join(required("node_id", n.NodeID), requiredTime("timestamp", n.At))
}

// FactKey implements Fact.
func (n NodeOverloaded) FactKey() string { return fmt.Sprintf("%s %d", n.NodeID, n.Sequence) }

// StuckJobDetected says that a node has a job and does not begin it.
type StuckJobDetected struct {
	Work
	ClaimedBy            string    `json:"claimed_by"`
	StuckDurationSeconds float64   `json:"stuck_duration_seconds"`
	ThresholdSeconds     float64   `json:"threshold"`
	At                   time.Time `json:"timestamp"`
}

// EventName implements Payload.
func (StuckJobDetected) EventName() Name { return "STUCK_JOB_DETECTED" }

// queueEntries are the events about how full the queues are.
func queueEntries() []Entry {
	populator, monitor, observers := []Party{"QUEUE_POPULATOR"}, []Party{"WORK_QUEUE_MONITOR"}, []Party{Observers}
	players := []Party{"SELFPLAY_COORDINATOR", Observers}
	return []Entry{
		entry[QueueLevelChanged]("the producers of a queue are to go slower, or may go faster", []Party{"QUEUE_MONITOR"}, players),
		entry[WorkQueueBackpressure]("fewer jobs are put into the queue", populator, observers),
		entry[WorkQueueBackpressureReleased]("the queue is filled as usual again", populator, observers),
		entry[WorkQueueExhausted]("a plan is worked off", populator, observers),
		entry[QueuePopulationSkipped]("nothing is put into the queue for now", populator, observers),
		entry[BackpressureActivated]("more jobs wait than are worked off", monitor, players),
		entry[BackpressureReleased]("that is over", monitor, players),
		entry[NodeOverloaded]("a node has too many jobs", monitor, observers),
		entry[StuckJobDetected]("a node has a job and does not begin it", monitor, observers),
	}
}
