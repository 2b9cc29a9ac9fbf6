package workflows_test

import (
	"compress/gzip"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/workflows"
)

// TestReplay holds the workflows to the histories in testdata. If it fails, a running fleet would be stuck after
// the next deploy: put the change behind workflow.GetVersion.
func TestReplay(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "histories", "*.json.gz"))
	require.NoError(t, err)
	require.NotEmpty(t, files, "no histories: record them as TestRecordHistories says")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Interceptors: workflows.Interceptors()})
			require.NoError(t, err)
			workflows.Register(replayer)
			logger := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
			require.NoError(t, replayer.ReplayWorkflowHistory(logger, readHistory(t, file)))
		})
	}
}

func readHistory(t *testing.T, path string) *historypb.History {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	packed, err := gzip.NewReader(file)
	require.NoError(t, err)
	history, err := client.HistoryFromJSON(packed, client.HistoryJSONOptions{})
	require.NoError(t, err)
	return history
}
