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

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

// remoteRun is an attempt of a job that runs on node-2, while the starter is on node-1.
type remoteRun struct {
	*harness
	two     *remoteNode
	session *ledger.Session
	job     ledger.Job
	dir     string // of the attempt, on node-2
}

func setupRemoteRun(t *testing.T) *remoteRun {
	t.Helper()
	h, two, _ := remote(t)
	config := ledger.Config{Path: filepath.Join(t.TempDir(), "ledger.db")}
	r := &remoteRun{harness: h, two: two, session: ledgertest.Open(t, config).Session("test", 0)}
	h.OpenLedger = func(ctx context.Context, _ cli.Config) (*ledger.Ledger, error) { return ledger.Open(ctx, config) }
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "jobs", "submit", "--command", "selfplay", "--config", "sq5_2p", "-o", "json"), h.err.String())
	var made submitted
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &made))
	claimed, err := r.session.ClaimJob(t.Context(), made.Jobs[0].ID, "node-2", time.Hour)
	require.NoError(t, err)
	r.job, err = r.session.StartJob(t.Context(), claimed.Lease(), time.Hour)
	require.NoError(t, err)
	h.hide = append(h.hide, r.job.ID, "$JOB")
	r.dir = filepath.Join(two.dir, "..", "jobs", r.job.ID, "1")
	return r
}

func (r *remoteRun) writes(t *testing.T, name, content string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(r.dir, 0o755))
	path := filepath.Join(r.dir, name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func (r *remoteRun) ends(t *testing.T) {
	t.Helper()
	_, err := r.session.CompleteJob(t.Context(), r.job.Lease(), nil)
	require.NoError(t, err)
}

// follow runs until the attempt is over, which the function returned waits for.
func (r *remoteRun) follow(t *testing.T, flags ...string) (out *buffer, ended func()) {
	t.Helper()
	out = &buffer{}
	r.System.Out, r.System.Err = out, out
	code := make(chan int, 1)
	go func() {
		code <- cli.Execute(t.Context(), r.System, append([]string{"jobs", "logs", r.job.ID, "-f"}, flags...))
	}()
	return out, func() {
		t.Helper()
		select {
		case code := <-code:
			require.Equal(t, cli.ExitDone, code, "%s", out)
		case <-time.After(time.Minute):
			require.Fail(t, "it does not end", "%s", out)
		}
	}
}

func TestJobLogsOfOtherNodes(t *testing.T) {
	t.Parallel()
	r := setupRemoteRun(t)
	id := r.job.ID
	r.golden(t, "jobs-logs-remote-none", r.run(t.Context(), "jobs", "logs", id))
	r.writes(t, "stdout.log.1", `{"t":"info","msg":"one"}`+"\n")
	r.writes(t, "stdout.log", `{"t":"info","msg":"two"}`+"\n"+`{"t":`)
	r.golden(t, "jobs-logs-remote-silent", r.run(t.Context(), "jobs", "logs", id))
	faults := r.writes(t, "stderr.log", "a\n\x1b[31mb\n")
	r.golden(t, "jobs-logs-remote", r.run(t.Context(), "jobs", "logs", id))
	r.golden(t, "jobs-logs-remote-json", r.run(t.Context(), "jobs", "logs", id, "-n", "1", "-o", "json"))

	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("secret\n"), 0o600))
	require.NoError(t, os.Remove(faults))
	require.NoError(t, os.Symlink(secret, faults))
	r.golden(t, "jobs-logs-remote-silent", r.run(t.Context(), "jobs", "logs", id)) // a link leads to no other file
	r.Config.HealthToken = ""
	r.golden(t, "jobs-logs-remote-token", r.run(t.Context(), "jobs", "logs", id))
	r.Config.HealthToken = r.two.token
	r.two.stop()
	r.golden(t, "jobs-logs-remote-unreachable", r.run(t.Context(), "jobs", "logs", id))
}

// An attempt is followed before it has told anything, over a replaced worker, and to its end: no line is missing and
// none comes twice.
func TestJobLogsAreFollowedToTheEnd(t *testing.T) {
	t.Parallel()
	r := setupRemoteRun(t)
	out, ended := r.follow(t)
	told := r.writes(t, "stdout.log", "{\"n\":1}\n")
	want := "attempt 1, told:\n  {\"n\":1}\n"
	requireOutput(t, out, want)
	faults := r.writes(t, "stderr.log", "a\n")
	want += "attempt 1, standard error:\n  a\n"
	requireOutput(t, out, want)
	r.two.stop()
	require.Eventually(t, func() bool { return out.String() != withoutNotes(out.String()) }, time.Minute, 10*time.Millisecond, "it is told: %s", out)
	appendTo(t, told, "{\"n\":2}\n")
	r.two.start(t)
	want += "attempt 1, told:\n  {\"n\":2}\n"
	requireOutput(t, out, want)
	appendTo(t, faults, "last\n")
	r.ends(t)
	ended()
	require.Equal(t, want+"attempt 1, standard error:\n  last\n", withoutNotes(out.String()))
}

// What is in DATA_DIR is followed there, and each line is a document with -o json.
func TestJobLogsAreFollowedHere(t *testing.T) {
	t.Parallel()
	r := setupRemoteRun(t)
	r.two.stop()
	r.dir = filepath.Join(r.Config.DataDir, "jobs", r.job.ID, "1")
	told := r.writes(t, "stdout.log", "{\"n\":1}\n")
	out, ended := r.follow(t, "-o", "json")
	require.Eventually(t, func() bool { return strings.Contains(out.String(), `"line":{"n":1}`) }, time.Minute, 10*time.Millisecond, "%s", out)
	appendTo(t, told, "{\"n\":2}\n")
	r.writes(t, "stderr.log", "a\n")
	require.Eventually(t, func() bool {
		return strings.Contains(out.String(), `"line":{"n":2}`) && strings.Contains(out.String(), `"error":"a"`)
	}, time.Minute, 10*time.Millisecond, "%s", out)
	appendTo(t, told, "{\"n\":3}\n")
	r.ends(t)
	ended()
	require.Equal(t, 1, strings.Count(out.String(), `"line":{"n":3}`), "%s", out)
}
