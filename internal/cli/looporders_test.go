package cli_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/loops"
)

// A loop is ordered, listed and stopped; the same order again is the same loop, and what makes no sense is refused.
func TestLoopsAreOrderedAndStopped(t *testing.T) {
	t.Parallel()
	h := wired(t)
	order := []string{"loop", "start", "--configs", "sq5_2p,hex3_2p", "--iterations", "3", "--games", "200", "--id", "night"}
	for range 2 {
		require.Equal(t, cli.ExitDone, h.run(t.Context(), order...), h.err.String())
		require.Equal(t, "night\n", h.out.String())
	}
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), append(order, "--games", "100")...))
	require.Contains(t, h.err.String(), "another loop with this id: leave out --id, or choose another one")
	for _, wrong := range [][]string{{}, {"--configs", "a,a"}, {"--configs", "a", "--iterations", "-1"}, {"--configs", "a", "--id", "a b"}} {
		require.Equal(t, cli.ExitUsage, h.run(t.Context(), append([]string{"loop", "start"}, wrong...)...), "%q", wrong)
	}
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "loop", "runs"))
	require.Regexp(t, `night +IDLE +0 of 6 +sq5_2p hex3_2p +\S+ +ann@desk`, h.out.String())

	require.Equal(t, cli.ExitUsage, h.run(t.Context(), "loop", "stop", "day"))
	require.Contains(t, h.err.String(), "`starter loop runs` lists them")
	for _, reason := range []string{"enough", "once more"} {
		require.Equal(t, cli.ExitDone, h.run(t.Context(), "loop", "stop", "night", "--reason", reason, "-o", "json"), h.err.String())
		var stopped loops.Loop
		require.NoError(t, json.Unmarshal(h.out.Bytes(), &stopped))
		require.Equal(t, loops.Stopped, stopped.State)
		require.Equal(t, "by ann@desk: enough", stopped.Reason)
	}
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "loop", "start", "--configs", "sq5_2p"))
	require.Regexp(t, `^loop-[a-z0-9]{8}\n$`, h.out.String())
}
