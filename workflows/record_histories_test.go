//go:build record

package workflows_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/ringrift/orchestrator/internal/testkit"
)

// TestRecordHistories writes what TestReplay replays. Run it when a history of a new kind is wanted:
//
//	go test -tags record ./workflows -run TestRecordHistories
func TestRecordHistories(t *testing.T) {
	for name, story := range map[string]func(*live){"fleet": tellFleet, "failures": tellFailures, "heal": tellHeal, "removed": tellRemoved, "completed": tellCompleted, "scope": tellScope} {
		t.Run(name, func(t *testing.T) {
			server := testkit.StartServer(t)
			tell(t, server, name, story)
		})
	}
	t.Run("continued", func(t *testing.T) {
		server := testkit.StartServer(t, "--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=150")
		tell(t, server, "continued", tellContinued)
	})
}

func tell(t *testing.T, server *testkit.Server, name string, story func(*live)) {
	t.Helper()
	l := &live{t: t, client: server.Client(), namespace: "default", address: server.Address()}
	l.startSupervisor()
	story(l)
	l.save(name)
}

// save writes the history of every run in the namespace.
func (l *live) save(story string) {
	l.t.Helper()
	dir := filepath.Join("testdata", "histories")
	require.NoError(l.t, os.MkdirAll(dir, 0o755))
	old, err := filepath.Glob(filepath.Join(dir, story+"-*.json.gz"))
	require.NoError(l.t, err)
	for _, file := range old {
		require.NoError(l.t, os.Remove(file))
	}
	var listed *workflowservice.ListWorkflowExecutionsResponse
	require.Eventually(l.t, func() bool {
		var err error
		listed, err = l.client.ListWorkflow(l.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 200})
		return err == nil && len(listed.GetExecutions()) > 2
	}, patience, 100*time.Millisecond)
	number := map[string]int{}
	for _, execution := range listed.GetExecutions() {
		id := execution.GetExecution().GetWorkflowId()
		number[id]++
		name := fmt.Sprintf("%s-%s-%d.json.gz", story, strings.ReplaceAll(strings.TrimPrefix(id, "daemon/"), "@", "-on-"), number[id])
		writeHistory(l.t, filepath.Join(dir, name), l.history(id, execution.GetExecution().GetRunId()))
	}
}

func (l *live) history(id, run string) *historypb.History {
	l.t.Helper()
	history := &historypb.History{}
	events := l.client.GetWorkflowHistory(context.Background(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(l.t, err, "history of %s", id)
		history.Events = append(history.Events, event)
	}
	return history
}

func writeHistory(t *testing.T, path string, history *historypb.History) {
	t.Helper()
	content, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(history)
	require.NoError(t, err)
	file, err := os.Create(path)
	require.NoError(t, err)
	packed := gzip.NewWriter(file)
	_, err = packed.Write(content)
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	require.NoError(t, file.Close())
}
