package bus

import (
	"errors"
	"fmt"
	"time"
)

// IdleResourceDetected says that nothing has worked on a node for long enough: it asks for work.
type IdleResourceDetected struct {
	NodeID              string    `json:"node_id"`
	CPUShare            float64   `json:"cpu_share"`                 // of its processors that was in use lately, 0 to 1
	GPUUtilization      *float64  `json:"gpu_utilization,omitempty"` // percent, of the busiest; absent: it has none
	GPUMemoryGB         *float64  `json:"gpu_memory_gb,omitempty"`   // GiB that the emptiest has free; absent: none, or unknown
	IdleDurationSeconds float64   `json:"idle_duration_seconds"`
	Since               time.Time `json:"since"` // when the node fell idle; it identifies the request
}

// EventName implements Payload.
func (IdleResourceDetected) EventName() Name { return "IDLE_RESOURCE_DETECTED" }

// Validate implements Payload.
func (i IdleResourceDetected) Validate() error {
	return errors.Join(required("node_id", i.NodeID), requiredTime("since", i.Since))
}

// FactKey implements Fact.
func (i IdleResourceDetected) FactKey() string {
	return i.NodeID + " " + i.Since.UTC().Format(time.RFC3339Nano)
}

// IdleNodeWorkInjected says that games are to be played on an idle node that no plan asks for.
type IdleNodeWorkInjected struct {
	Config
	InjectionID string `json:"injection_id"`
	NodeID      string `json:"node_id"`
	Games       int64  `json:"games"`
	PlanID      string `json:"plan_id"`
	Reason      string `json:"reason"`
}

// EventName implements Payload.
func (IdleNodeWorkInjected) EventName() Name { return "IDLE_NODE_WORK_INJECTED" }

// Validate implements Payload.
func (i IdleNodeWorkInjected) Validate() error {
	err := errors.Join(required("injection_id", i.InjectionID), required("node_id", i.NodeID), required("config_key", i.ConfigKey))
	if i.Games < 1 {
		err = errors.Join(err, fmt.Errorf("field %q is %d: it must be 1 or more", "games", i.Games))
	}
	return err
}

// FactKey implements Fact.
func (i IdleNodeWorkInjected) FactKey() string { return i.InjectionID }

// idleEntries are the events about nodes that nothing works on.
func idleEntries() []Entry {
	return []Entry{
		entry[IdleResourceDetected]("a node has been idle for long", []Party{"IDLE_RESOURCE"}, []Party{"SELFPLAY_COORDINATOR", Observers}),
		entry[IdleNodeWorkInjected]("an idle node is to play games that no plan asks for", []Party{"SELFPLAY_COORDINATOR"}, []Party{"QUEUE_POPULATOR", Observers}),
	}
}
