package cli_test

import (
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/spec"
)

// hosts makes a node tell of daemons of which the first has used half a processor since it was asked before.
func (w *remoteNode) hosts(infos ...spec.Info) {
	var asked atomic.Int64
	measured := func() []spec.Info {
		times := asked.Add(1)
		told := append([]spec.Info(nil), infos...)
		told[0].Health.Details = map[string]any{
			spec.DetailPID: 4711, spec.DetailProcesses: 3, spec.DetailMemory: 5 << 20,
			spec.DetailCPU: 10 + float64(times), spec.DetailMeasuredAt: now.Add(time.Duration(times) * 2 * time.Second).Format(time.RFC3339Nano),
		}
		return told
	}
	w.hosted.Store(&measured)
}

// measuredFleet is remote with a program on node-2 and one that fails on no node.
func measuredFleet(t *testing.T) (*harness, *remoteNode) {
	h, two, three := remote(t)
	router := running("EVENT_ROUTER", "")
	poller := running("CROSS_PROCESS_POLLER", "node-2")
	poller.Worker, router.Worker = two.Identity, two.Identity
	two.hosts(router, poller)
	three.stop()
	return h, two
}

func TestTop(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"top":           "top",
		"top-json":      "top -o json",
		"top-by-name":   "top --sort name --phase running,completed --category event",
		"top-none":      "top --phase failed --once",
		"top-bad-sort":  "top --sort age",
		"top-bad-phase": "top --phase happy",
		"top-bad-gap":   "top --interval 1ms",
		"top-bad-group": "top --category evnt",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := measuredFleet(t)
			h.golden(t, name, h.run(t.Context(), strings.Fields(line)...))
		})
	}
}

// Where the output is no screen it goes on when it is told to: with -o json one document a line.
func TestTopGoesOn(t *testing.T) {
	t.Parallel()
	h, _ := measuredFleet(t)
	out, interrupt := h.background(t, "top", "-w", "-o", "json", "--interval", "500ms")
	require.Eventually(t, func() bool { return strings.Count(out.String(), "\n") >= 2 }, time.Minute, 20*time.Millisecond)
	require.Equal(t, cli.ExitDone, interrupt())
	for line := range strings.Lines(out.String()) {
		var report struct {
			Daemons []struct {
				Daemon string
				CPU    *float64 `json:"cpu_percent"`
			}
		}
		require.NoError(t, json.Unmarshal([]byte(line), &report), line)
		require.Equal(t, "EVENT_ROUTER", report.Daemons[0].Daemon)
		require.InDelta(t, 50, *report.Daemons[0].CPU, 1e-9)
		require.Nil(t, report.Daemons[1].CPU, "what is not known is no zero")
	}
}

// On a screen nothing is written beyond it, and the first table, which comes at once, tells no use of processors.
func TestTopFillsTheScreen(t *testing.T) {
	t.Parallel()
	h, _ := measuredFleet(t)
	h.Terminal, h.Screen = true, func() (columns, lines int) { return 60, 7 }
	out, interrupt := h.background(t, "top")
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "50.0") }, time.Minute, 20*time.Millisecond)
	require.Equal(t, cli.ExitDone, interrupt())
	tables := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\x1b[H\x1b[2J")[1:]
	require.Greater(t, len(tables), 1)
	require.NotContains(t, tables[0], "50.0")
	for _, table := range tables {
		lines := strings.Split(table, "\n")
		require.LessOrEqual(t, len(lines), 7, table)
		require.Contains(t, table, "more: ")
		for _, line := range lines {
			require.LessOrEqual(t, len([]rune(line)), 60, line)
		}
	}
}

func TestTopNeedsAFleet(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "top"))
	require.Contains(t, h.err.String(), "starter up")
}
