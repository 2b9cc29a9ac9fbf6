package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
)

// buffer is an output that a test reads while a command writes to it.
type buffer struct {
	lock sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.lock.Lock()
	defer b.lock.Unlock()
	return b.text.String()
}

// background runs a command that ends only when it is interrupted, and returns its output and an
// interrupt that waits for the exit code.
func (h *harness) background(t *testing.T, arguments ...string) (out *buffer, interrupt func() int) {
	t.Helper()
	out = &buffer{}
	h.System.Out, h.System.Err = out, out
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() { code <- cli.Execute(ctx, h.System, arguments) }()
	return out, func() int {
		cancel()
		return <-code
	}
}

func (h *harness) writeLog(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(h.Config.DataDir, "logs", name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

func appendTo(t *testing.T, path, content string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(content)
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestLogs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.writeLog(t, "DLQ_RETRY.log.1", `{"time":"2026-03-01T11:00:00Z","level":"INFO","msg":"older"}`+"\n")
	h.writeLog(t, "DLQ_RETRY.log", `{"time":"2026-03-01T12:00:00.5+01:00","level":"WARN","msg":"two words","count":3,"text":"a b","empty":"","list":[1,2]}
plain text of a command `+"\x1b[31mred"+`
{"broken": json
not ended yet`)
	for name, line := range map[string][]string{
		"logs":      {"logs", "dlq_retry"},
		"logs-last": {"logs", "dlq_retry", "-n", "2"},
		"logs-json": {"logs", "dlq_retry", "-o", "json"},
	} {
		h.golden(t, name, h.run(t.Context(), line...))
	}
}

func TestLogsOfCopies(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.Config.NodeID = "node-9"
	h.writeLog(t, "CROSS_PROCESS_POLLER@node-1.log", "from node-1\n")
	h.golden(t, "logs-only-copy", h.run(t.Context(), "logs", "cross_process_poller"))
	h.writeLog(t, "CROSS_PROCESS_POLLER@node-2.log", "from node-2\n")
	h.golden(t, "logs-which-copy", h.run(t.Context(), "logs", "cross_process_poller"))
	h.golden(t, "logs-one-copy", h.run(t.Context(), "logs", "cross_process_poller@node-2"))
	h.Config.NodeID = "node-1"
	h.golden(t, "logs-own-copy", h.run(t.Context(), "logs", "cross_process_poller"))
}

// Every line is shown once, those written around the rotations too.
func TestLogsFollowRotation(t *testing.T) {
	t.Parallel()
	h := setup(t)
	path := h.writeLog(t, "DLQ_RETRY.log", "line 0\n")
	out, interrupt := h.background(t, "logs", "dlq_retry", "-f")
	want := "line 0\n"
	requireOutput(t, out, want)
	for i := 1; i <= 6; i += 2 {
		appendTo(t, path, fmt.Sprintf("line %d\n", i))
		require.NoError(t, os.Rename(path, path+".1"))
		h.writeLog(t, "DLQ_RETRY.log", fmt.Sprintf("line %d\n", i+1))
		want += fmt.Sprintf("line %d\nline %d\n", i, i+1)
		requireOutput(t, out, want)
	}
	appendTo(t, path, "in two ")
	appendTo(t, path, "parts\n")
	requireOutput(t, out, want+"in two parts\n")
	require.Equal(t, cli.ExitDone, interrupt(), "an interrupt is how following ends")
}

func requireOutput(t *testing.T, out *buffer, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return withoutNotes(out.String()) == want }, time.Minute, 10*time.Millisecond,
		"want %q, have %q", want, out)
}

// withoutNotes leaves what was read of a log.
func withoutNotes(output string) (lines string) {
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "note: ") {
			lines += line
		}
	}
	return lines
}
