package spec

import (
	"fmt"
	"slices"
	"strings"
)

// SetFull is the set of every daemon that is no alias.
const SetFull = "full"

// UnknownSet is the error of a set name that does not exist.
type UnknownSet struct{ Input string }

// Error names the input and the sets there are.
func (e *UnknownSet) Error() string {
	return fmt.Sprintf("unknown set %q: choose one of %s", e.Input, strings.Join(SetNames(), ", "))
}

// SetNames lists the named sets, smallest purpose first.
func SetNames() []string {
	return []string{"minimal", "coordinator", "training", "selfplay", "ephemeral", SetFull}
}

// Set returns the types of a named set with everything they need, in startup order. Its error is an
// *UnknownSet, or an *UnknownType when this registry lacks a member.
func (r *Registry) Set(name string) ([]Type, error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == SetFull {
		return slices.Clone(r.order), nil
	}
	members := setMembers(name)
	if members == nil {
		return nil, &UnknownSet{Input: name}
	}
	for _, t := range members {
		if _, found := r.index[t]; !found {
			return nil, fmt.Errorf("set %s: %w", name, r.unknown(string(t)))
		}
	}
	return r.Closure(members), nil
}

// setMembers names what a set is for, on top of the three daemons no fleet is without; what those need
// comes by itself. A nil result means that there is no such set.
func setMembers(name string) []Type {
	members := []Type{"EVENT_ROUTER", "DAEMON_WATCHDOG", "HEALTH_SERVER"}
	switch name {
	case "minimal": // one turn of the loop: data in, trained on, and seen
		return append(members, "AUTO_SYNC", "ELO_SYNC", "CLUSTER_MONITOR", "COORDINATOR_HEALTH_MONITOR",
			"DATA_PIPELINE", "AUTO_EXPORT", "FEEDBACK_LOOP")
	case "coordinator": // decides and hands out; nothing heavy
		return append(members, "AUTO_SYNC", "ELO_SYNC", "DLQ_RETRY", "CLUSTER_MONITOR", "CLUSTER_WATCHDOG",
			"QUALITY_MONITOR", "MODEL_PERFORMANCE_WATCHDOG", "QUEUE_MONITOR", "TRAINING_TRIGGER", "AUTO_EXPORT",
			"TOURNAMENT_DAEMON", "DATA_CONSOLIDATION", "NPZ_COMBINATION", "UNIFIED_PROMOTION",
			"GAUNTLET_FEEDBACK", "MODEL_DISTRIBUTION", "UNIFIED_REPLICATION", "IDLE_RESOURCE", "NODE_RECOVERY",
			"QUEUE_POPULATOR", "JOB_SCHEDULER", "FEEDBACK_LOOP", "CURRICULUM_INTEGRATION", "ORPHAN_DETECTION",
			"COORDINATOR_DISK_MANAGER", "S3_BACKUP", "P2P_BACKEND", "METRICS_ANALYSIS")
	case "training": // makes models
		return append(members, "AUTO_SYNC", "TRAINING_NODE_WATCHER", "DLQ_RETRY", "QUALITY_MONITOR",
			"DATA_PIPELINE", "TRAINING_TRIGGER", "AUTO_EXPORT", "CONTINUOUS_TRAINING_LOOP", "NPZ_COMBINATION",
			"EVALUATION", "UNIFIED_PROMOTION", "IDLE_RESOURCE", "UTILIZATION_OPTIMIZER", "FEEDBACK_LOOP",
			"CURRICULUM_INTEGRATION", "ORPHAN_DETECTION", "DISK_SPACE_MANAGER", "P2P_AUTO_DEPLOY",
			"METRICS_ANALYSIS")
	case "selfplay": // makes games
		return append(members, "AUTO_SYNC", "QUALITY_MONITOR", "IDLE_RESOURCE", "FEEDBACK_LOOP")
	case "ephemeral": // makes games on a machine that may vanish
		return append(members, "AUTO_SYNC", "QUALITY_MONITOR", "DATA_PIPELINE", "IDLE_RESOURCE",
			"FEEDBACK_LOOP", "ORPHAN_DETECTION", "DISK_SPACE_MANAGER")
	}
	return nil
}
