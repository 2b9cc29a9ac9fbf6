package bus_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

func TestReportsAreTheLastWordOfEachNode(t *testing.T) {
	t.Parallel()
	// A client whose own clock is far off: ages are the server's.
	client := bustest.Start(t, func(c *bus.ClientConfig) { c.Now = func() time.Time { return time.Now().Add(-time.Hour) } })
	reports, err := client.Reports(t.Context())
	require.NoError(t, err)
	require.Empty(t, reports)

	one := client.Session("P2P_BACKEND", "node-1.example", 7)
	require.NoError(t, one.Report(t.Context(), []byte("first\nwith two lines")))
	require.NoError(t, one.Report(t.Context(), []byte("second\nwith two lines")))
	require.NoError(t, client.Session("P2P_BACKEND", "node-2", 8).Report(t.Context(), nil))
	reports, err = client.Reports(t.Context())
	require.NoError(t, err)
	require.Len(t, reports, 2)
	for _, report := range reports {
		require.Less(t, report.Age, time.Minute)
		if report.Node == "node-1.example" {
			require.Equal(t, "second\nwith two lines", string(report.Data))
			require.EqualValues(t, 7, report.Epoch)
		}
	}

	require.NoError(t, client.Session("P2P_BACKEND", "node-1.example", 9).Claim(t.Context()))
	require.ErrorIs(t, one.Report(t.Context(), nil), bus.ErrFenced, "an older copy of the daemon is refused")
	require.ErrorIs(t, one.Report(t.Context(), make([]byte, bus.MaxReportBytes+1)), bus.ErrTooLarge)
	require.NoError(t, client.ResetFence(t.Context(), "P2P_BACKEND", "node-1.example"))
	require.NoError(t, one.Report(t.Context(), []byte("third")), "after a reset it may report again")
}

func TestWritersOfOneValueAgree(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	var group sync.WaitGroup
	for n := range 4 {
		group.Go(func() {
			session := client.Session("P2P_BACKEND", "node-"+string(rune('1'+n)), 1)
			for range 5 {
				for {
					err := session.Agree(t.Context(), "topic", "name.x", func(stored []byte) ([]byte, error) { return append(stored, 'x'), nil })
					if err == nil {
						break
					}
				}
			}
		})
	}
	group.Wait()
	session := client.Session("P2P_BACKEND", "node-1", 1)
	require.NoError(t, session.Agree(t.Context(), "topic", "name.x", func([]byte) ([]byte, error) { return nil, nil }), "leave it")
	refused := errors.New("refused")
	require.ErrorIs(t, session.Agree(t.Context(), "topic", "name.x", func([]byte) ([]byte, error) { return nil, refused }), refused)
	require.NoError(t, session.Agree(t.Context(), "other", "name", func([]byte) ([]byte, error) { return []byte("y"), nil }))
	values, err := client.Agreed(t.Context(), "topic")
	require.NoError(t, err)
	require.Equal(t, map[string][]byte{"name.x": []byte("xxxxxxxxxxxxxxxxxxxx")}, values, "no change is lost")
}
