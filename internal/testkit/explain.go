package testkit

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	explainLimit = 10 * time.Second
	// maxExplained bounds how many daemons a failed test explains.
	maxExplained = 10
	// maxEvents bounds the events of each one's history.
	maxEvents = 10
	clock     = "15:04:05.000"
)

// explain shows what the server knows of some daemons, for a test that fails. The first word of each line is the
// workflow id of one.
func (f *Fleet) explain(t testing.TB, lines []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), explainLimit)
	defer cancel()
	entries := f.Entries(t)
	for _, line := range lines[:min(maxExplained, len(lines))] {
		id, _, _ := strings.Cut(line, " ")
		t.Log(f.story(ctx, entries.Of(id), id))
	}
}

// story is one daemon as its workflow, the server and the journal see it.
func (f *Fleet) story(ctx context.Context, entries Entries, id string) string {
	var b strings.Builder
	daemon, node, _ := spec.ParseWorkflowID(id)
	info, err := f.Control.Info(ctx, control.Target{Type: daemon, Node: node})
	fmt.Fprintf(&b, "%s: phase %s since %s, desired %s, worker %s, last error %q, refused %q, no answer: %v", id, info.Phase,
		info.Since.Format(time.TimeOnly), info.Desired, info.Worker, info.LastError, info.Refused, err)
	described, err := f.Server.Client().DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		fmt.Fprintf(&b, "\n  %v", err)
	}
	for _, pending := range described.GetPendingActivities() {
		fmt.Fprintf(&b, "\n  pending %s: %s, attempt %d, started %s by %s, last failure %q", pending.GetActivityType().GetName(), pending.GetState(),
			pending.GetAttempt(), pending.GetLastStartedTime().AsTime().Format(time.TimeOnly), pending.GetLastWorkerIdentity(), pending.GetLastFailure().GetMessage())
	}
	for _, event := range f.lastEvents(ctx, id) {
		fmt.Fprintf(&b, "\n  history: %s %d %s %.200s", event.GetEventTime().AsTime().Format(clock), event.GetEventId(), event.GetEventType(), event.GetAttributes())
	}
	for _, entry := range entries[max(0, len(entries)-4):] {
		fmt.Fprintf(&b, "\n  journal: %s %s, process %d", entry.At.Format(clock), entry.Act, entry.PID)
	}
	return b.String()
}

// lastEvents are the newest of a workflow's history, oldest first; none where it cannot be read.
func (f *Fleet) lastEvents(ctx context.Context, id string) []*historypb.HistoryEvent {
	var events []*historypb.HistoryEvent
	history := f.Server.Client().GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return events
		}
		events = append(events, event)
	}
	return events[max(0, len(events)-maxEvents):]
}
