package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
)

func TestWatchPrintsChanges(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	commander := *h
	commander.System.Out, commander.System.Err = &commander.out, &commander.err
	out, interrupt := h.background(t, "status", "--watch")
	seen := func(text string) {
		require.Eventually(t, func() bool { return strings.Contains(out.String(), text) }, 30*time.Second, 20*time.Millisecond, text)
	}
	seen("12:00:00Z  EVENT_ROUTER  RUNNING  ok\n")
	require.Equal(t, cli.ExitDone, commander.run(t.Context(), "stop", "event_router"))
	seen("EVENT_ROUTER  RUNNING →  STOPPED")
	require.Equal(t, cli.ExitDone, interrupt())
	require.Equal(t, 1, strings.Count(out.String(), "DLQ_RETRY"), "what does not change is told once: %s", out)
	require.NotContains(t, out.String(), "\x1b", "no control characters where there is no screen")
}

func TestWatchRedrawsATerminal(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	h.Terminal = true
	out, interrupt := h.background(t, "status", "--watch")
	require.Eventually(t, func() bool { return strings.Count(out.String(), "\x1b[H\x1b[2J") >= 2 }, 30*time.Second, 20*time.Millisecond, "drawn twice")
	require.Equal(t, cli.ExitDone, interrupt())
	require.Contains(t, out.String(), "fleet up: 4 of 4 ready")
}

// On a screen nothing is written beyond it: what is left out is told in the last line.
func TestWatchFillsTheScreen(t *testing.T) {
	t.Parallel()
	h := raised(t, healthy())
	h.Terminal, h.Screen = true, func() (columns, lines int) { return 40, 5 }
	out, interrupt := h.background(t, "status", "--watch")
	require.Eventually(t, func() bool { return strings.Count(out.String(), "fleet up: 4 of 4 ready") >= 2 }, 30*time.Second, 20*time.Millisecond, "drawn twice")
	require.Equal(t, cli.ExitDone, interrupt())
	require.True(t, strings.HasSuffix(out.String(), "\n"), "what comes next begins a line")
	for _, table := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\x1b[H\x1b[2J")[1:] {
		lines := strings.Split(table, "\n")
		require.Len(t, lines, 5, table)
		require.Regexp(t, `^… \d+ more: `, lines[4])
		for _, line := range lines {
			require.LessOrEqual(t, len([]rune(line)), 40, line)
		}
	}
}
