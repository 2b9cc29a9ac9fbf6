package bus_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

// After a reset an attempt with a lower epoch may write again, and finds what the higher one has saved.
func TestResetFence(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	before := client.Session("AUTO_SYNC", "node-1.example", 900)
	require.NoError(t, before.Save(t.Context(), "place", []byte("page 7\nline 2")))
	require.NoError(t, before.Save(t.Context(), "other", nil))
	require.NoError(t, client.Session("AUTO_SYNC", "node-1", 800).Claim(t.Context()))
	require.NoError(t, client.Session("DLQ_RETRY", "", 700).Claim(t.Context()))
	require.NoError(t, client.RoundTrip(t.Context()), "leaves an entry that is no checkpoint")

	fences, err := client.Fences(t.Context())
	require.NoError(t, err)
	require.Equal(t, []bus.Fence{
		{Daemon: "AUTO_SYNC", Node: "node-1", Epoch: 800},
		{Daemon: "AUTO_SYNC", Node: "node-1.example", Epoch: 900, Checkpoints: 2},
		{Daemon: "DLQ_RETRY", Epoch: 700},
	}, fences)

	after := client.Session("AUTO_SYNC", "node-1.example", 5)
	require.ErrorIs(t, after.Claim(t.Context()), bus.ErrFenced)
	require.NoError(t, client.ResetFence(t.Context(), "AUTO_SYNC", "node-1.example"))
	require.NoError(t, after.Claim(t.Context()))
	content, found, err := after.Load(t.Context(), "place")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, "page 7\nline 2", string(content))
	require.NoError(t, after.Save(t.Context(), "place", []byte("page 8")), "the checkpoint lets it in too")
	require.NoError(t, after.Publish(t.Context(), note("back")))
	require.ErrorIs(t, client.Session("AUTO_SYNC", "node-1.example", 4).Claim(t.Context()), bus.ErrFenced, "fencing goes on")
	require.ErrorIs(t, client.Session("AUTO_SYNC", "node-1", 5).Claim(t.Context()), bus.ErrFenced, "the others keep their fence")
	require.ErrorIs(t, client.Session("DLQ_RETRY", "", 5).Claim(t.Context()), bus.ErrFenced)
	require.NoError(t, client.ResetFence(t.Context(), "NEVER_SEEN", ""), "nothing to forget")
}

func TestFencesOfABusThatWasNeverSetUp(t *testing.T) {
	t.Parallel()
	client := bustest.Connect(t, bustest.Serve(t, t.TempDir(), "127.0.0.1:-1").URL())
	fences, err := client.Fences(t.Context())
	require.NoError(t, err)
	require.Empty(t, fences)
	require.NoError(t, client.ResetFence(t.Context(), "AUTO_SYNC", ""))
}
