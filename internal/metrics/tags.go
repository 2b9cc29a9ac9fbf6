package metrics

import (
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// tagNames are the SDK's tags that become labels. The tag client_name is the same everywhere and left out; a tag
// that is not here would be one of somebody else, and its values perhaps without end.
var tagNames = [...]string{
	"namespace", "task_queue", "worker_type", "poller_type", "workflow_type", "activity_type",
	"operation", "status_code", "failure_reason", "cause",
}

// tags are the values of tagNames, in their order; empty ones are not set.
type tags [len(tagNames)]string

func (t tags) with(more map[string]string) tags {
	for name, value := range more {
		if i := slices.Index(tagNames[:], name); i >= 0 {
			t[i] = bounded(value)
		}
	}
	return t
}

// bounded shortens what differs from process to process, so that restarts do not pile up series: the
// private control queue of a worker.
func bounded(value string) string {
	if control := spec.ControlQueue(""); strings.HasPrefix(value, control) {
		return strings.TrimSuffix(control, "/")
	}
	return value
}
