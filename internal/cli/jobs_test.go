package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

// queue is a harness with a real ledger and a real bus.
type queue struct {
	*harness
	ledger  *ledger.Ledger
	session *ledger.Session
	events  *bus.Client
}

func setupQueue(t *testing.T) *queue {
	t.Helper()
	h := setup(t)
	h.Now = time.Now
	config := ledger.Config{Path: filepath.Join(t.TempDir(), "ledger.db")}
	q := &queue{harness: h, ledger: ledgertest.Open(t, config)}
	q.session = q.ledger.Session("test", 0)
	h.OpenLedger = func(ctx context.Context, _ cli.Config) (*ledger.Ledger, error) { return ledger.Open(ctx, config) }
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	q.events = bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	h.Config.NATSURL = server.URL()
	return q
}

// read runs a command line that must succeed and decodes what it prints.
func read[T any](t *testing.T, q *queue, line ...string) (value T) {
	t.Helper()
	require.Equal(t, cli.ExitDone, q.run(t.Context(), append(line, "-o", "json")...), "%s", q.err.String())
	require.NoError(t, json.Unmarshal(q.out.Bytes(), &value), "%s", q.out.String())
	return value
}

type submitted struct {
	Jobs []struct {
		ID  string `json:"job_id"`
		New bool   `json:"new"`
	} `json:"jobs"`
}

type listed struct {
	Jobs []ledger.Job `json:"jobs"`
	Next string       `json:"next"`
}

func TestSubmitListShow(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	line := strings.Fields(`jobs submit --command selfplay --config sq5_2p --games 50 --count 3 --key night --class high --priority 70 --mem-mb 256`)
	first := read[submitted](t, q, line...)
	require.Len(t, first.Jobs, 3)
	require.Len(t, bustest.Events(t, q.events, "WORK_QUEUED"), 3, "the scheduler hears of it")
	again := read[submitted](t, q, line...)
	for i, job := range again.Jobs {
		require.Equal(t, first.Jobs[i].ID, job.ID)
		require.True(t, first.Jobs[i].New)
		require.False(t, job.New, "submitted twice, it is there once")
	}
	job, err := q.ledger.Job(t.Context(), first.Jobs[2].ID)
	require.NoError(t, err)
	require.Equal(t, "night/2", job.IdempotencyKey)
	require.Equal(t, ledger.High, job.Class)
	require.EqualValues(t, 256, job.Resources.MemMB)
	require.Contains(t, string(job.Request), `"params":{"games":50}`)

	page := read[listed](t, q, "jobs", "list", "--limit", "2", "--status", "pending", "--config", "sq5_2p")
	require.Len(t, page.Jobs, 2)
	rest := read[listed](t, q, "jobs", "list", "--limit", "2", "--after", page.Next)
	require.Len(t, rest.Jobs, 1)
	require.Empty(t, rest.Next)

	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "show", job.ID))
	for _, text := range []string{job.ID, "night/2", "pending", "high, priority 70", "1 cores, 256 MiB"} {
		require.Contains(t, q.out.String(), text)
	}
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "list"))
	require.Contains(t, q.out.String(), "JOB ")
	require.Contains(t, q.out.String(), job.ID)
}

func TestSubmitFromAFile(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	path := filepath.Join(t.TempDir(), "jobs.json")
	one := `{"idempotency_key":"k1","kind":"export","config_key":"sq5_2p","class":0,"request":{"command":"export","seed":7}}`
	require.NoError(t, os.WriteFile(path, []byte("["+one+"]"), 0o644))
	require.Len(t, read[submitted](t, q, "jobs", "submit", path).Jobs, 1)
	q.In = strings.NewReader(one)
	require.False(t, read[submitted](t, q, "jobs", "submit", "-").Jobs[0].New)
	for document, fault := range map[string]string{
		`[]`: "it has no jobs", `{`: "unexpected EOF", `{"kindd":"x"}`: "unknown field", one + one: "there is more behind its end",
		`{"idempotency_key":"k","kind":"x","request":{"command":"dance"}}`: `command "dance"`,
		`{"kind":"x","request":{"command":"export"}}`:                      "idempotency_key",
	} {
		q.In = strings.NewReader(document)
		require.Equal(t, cli.ExitUsage, q.run(t.Context(), "jobs", "submit", "-"), document)
		require.Contains(t, q.err.String(), fault, document)
	}
}

func TestJobUsage(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	for line, fault := range map[string]string{
		"jobs submit":                                  "--command",
		"jobs submit --command dance":                  `command "dance"`,
		"jobs submit --command export --class urgent":  "choose of critical, high, normal, low",
		"jobs submit --command export --params [1]":    "give a JSON object",
		"jobs submit --command export --count 0":       "--count 0",
		"jobs submit --command export --priority 101":  "priority is 101",
		"jobs submit --command export --games -5":      "--games -5",
		"jobs submit --command export --run-limit 9ms": "--run-limit 9ms",
		"jobs submit f.json --command export":          "not both",
		"jobs submit f.json --count 3":                 "--count, not both",
		"jobs list --status done":                      "choose of waiting",
		"jobs list --limit 5000":                       "limit is 5000",
		"jobs list --after nonsense":                   "after is",
		"jobs show 018f":                               "not found",
		"jobs cancel 018f":                             "not found",
		"jobs logs ../etc":                             "find logs",
		"jobs logs 018f -n -1":                         "--lines -1",
	} {
		require.Equal(t, cli.ExitUsage, q.run(t.Context(), strings.Fields(line)...), line)
		require.Contains(t, q.err.String(), fault, line)
	}
}

func TestCancelAndRetry(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	id := read[submitted](t, q, "jobs", "submit", "--command", "selfplay", "--config", "sq5_2p").Jobs[0].ID
	require.Equal(t, ledger.Cancelled, read[listed](t, q, "jobs", "cancel", id, "--reason", "too many").Jobs[0].Status)
	require.Len(t, bustest.Events(t, q.events, "WORK_CANCELLED"), 1)
	require.Equal(t, ledger.Cancelled, read[listed](t, q, "jobs", "cancel", id).Jobs[0].Status, "again changes nothing")
	require.Equal(t, ledger.Pending, read[listed](t, q, "jobs", "retry", id).Jobs[0].Status)
	claimed, err := q.session.ClaimJob(t.Context(), id, "node-1", time.Minute)
	require.NoError(t, err)
	_, err = q.session.StartJob(t.Context(), claimed.Lease(), time.Minute)
	require.NoError(t, err)
	_, err = q.session.CompleteJob(t.Context(), claimed.Lease(), nil)
	require.NoError(t, err)
	require.Equal(t, cli.ExitRefused, q.run(t.Context(), "jobs", "retry", id), "a job that is done is not done again")
	require.Contains(t, q.err.String(), "it has completed")
}

// A job that no node can run says of each why, by the thresholds in force.
func TestAPendingJobSaysWhyItWaits(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	id := read[submitted](t, q, "jobs", "submit", "--command", "selfplay", "--config", "sq5_2p").Jobs[0].ID
	cores, space := 8.0, nodes.Space{Total: 64 << 30, Free: 32 << 30}
	capacity, err := json.Marshal(nodes.Capacity{
		CPUs: nodes.Measured[float64]{Value: &cores}, Memory: nodes.Measured[nodes.Space]{Value: &space}, Disk: nodes.Measured[nodes.Space]{Value: &space},
	})
	require.NoError(t, err)
	for node, health := range map[string]ledger.NodeHealth{"node-1": ledger.NodeHealthy, "node-2": ledger.NodeOffline} {
		require.NoError(t, q.session.NodeSeen(t.Context(), ledger.NodeReport{ID: node, Capacity: capacity}))
		require.NoError(t, q.session.SetHealth(t.Context(), node, health, ""))
	}
	type shown struct{ Refusals map[string]string }
	require.Equal(t, map[string]string{"node-2": "its health is offline"}, read[shown](t, q, "jobs", "show", id).Refusals)
	path := filepath.Join(q.Config.SharedDir(), thresholds.FileName)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("preset: fast\ndisk:\n  max_used: 0.4\n"), 0o644))
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "show", id))
	require.Regexp(t, `NOT ON +node-1: its disk is 50 % full\nNOT ON +node-2: its health is offline\n`, q.out.String())
}

// A running job is told over Temporal, and shown with its progress; without Temporal it is marked all the same.
func TestRunningJobs(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	namespace, connection := server.Namespace(t)
	w := worker.New(connection, spec.QueueDaemons, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ spec.JobGrant) error {
		workflow.GetSignalChannel(ctx, spec.SignalCancelJob).Receive(ctx, nil)
		return nil
	}, workflow.RegisterOptions{Name: spec.WorkflowJob})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	id := read[submitted](t, q, "jobs", "submit", "--command", "selfplay", "--config", "sq5_2p").Jobs[0].ID
	claimed, err := q.session.ClaimJob(t.Context(), id, "node-7", time.Minute)
	require.NoError(t, err)
	_, err = control.NewJobs(connection).Grant(t.Context(), spec.JobGrant{JobID: id, Token: claimed.Token, Node: "node-7", Kind: "selfplay"})
	require.NoError(t, err)
	_, err = q.session.StartJob(t.Context(), claimed.Lease(), time.Minute)
	require.NoError(t, err)

	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "show", id))
	require.Contains(t, q.out.String(), "running on node-7, attempt 1")
	require.Contains(t, q.out.String(), "unknown: ", "without Temporal nobody knows how far it is")
	q.OpenControl = func(ctx context.Context, _ cli.Config) (*control.Client, error) {
		return control.Dial(ctx, client.Options{HostPort: server.Address(), Namespace: namespace}, control.Options{})
	}
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "show", id))
	require.NotContains(t, q.out.String(), "unknown")
	marked := read[listed](t, q, "jobs", "cancel", id).Jobs[0]
	require.Equal(t, ledger.Running, marked.Status)
	require.False(t, marked.CancelRequestedAt.IsZero())
	require.NoError(t, connection.GetWorkflow(t.Context(), spec.JobWorkflowID(id), "").Get(t.Context(), nil), "it was told")
	_, err = q.session.JobStopped(t.Context(), claimed.Lease(), "")
	require.NoError(t, err)
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "show", id, "--watch"))
	require.Contains(t, q.out.String(), "cancelled")
}

func TestJobLogs(t *testing.T) {
	t.Parallel()
	q := setupQueue(t)
	id := read[submitted](t, q, "jobs", "submit", "--command", "selfplay", "--config", "sq5_2p").Jobs[0].ID
	require.Equal(t, cli.ExitFailed, q.run(t.Context(), "jobs", "logs", id))
	require.Contains(t, q.err.String(), "it has not run")
	for attempt, text := range map[string]string{"1": "first", "2": "second"} {
		dir := filepath.Join(q.Config.DataDir, "jobs", id, attempt)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "stdout.log"), []byte(`{"t":"info","msg":"`+text+`"}`+"\n"), 0o644))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "stderr.log"), []byte("a\nb\n\x1b[31m"+text+"\n"), 0o644))
	}
	require.Equal(t, cli.ExitDone, q.run(t.Context(), "jobs", "logs", id, "-n", "1"))
	require.Contains(t, q.out.String(), `"msg":"second"`)
	require.NotContains(t, q.out.String(), "first")
	require.NotContains(t, q.out.String(), "  a\n", "only the last line")
	require.NotContains(t, q.out.String(), "\x1b", "a log must not command the terminal")
	report := read[struct {
		Attempt int64
		Lines   []json.RawMessage
		Errors  []string
	}](t, q, "jobs", "logs", id, "--attempt", "1")
	require.EqualValues(t, 1, report.Attempt)
	require.Len(t, report.Lines, 1)
	require.Len(t, report.Errors, 3)
}
