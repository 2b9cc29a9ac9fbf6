package pipeline_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// The catalog may have seen a file of games first where it was brought to: whoever needs it can have it all the same.
func TestGamesHaveAPlaceWhereverTheyWereSeenFirst(t *testing.T) {
	t.Parallel()
	l := ledgertest.SQLite(t)
	session := l.Session("TEST", 0)
	files, err := data.Open(data.Config{Path: t.TempDir(), Node: "node-3"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	for digit, place := range map[string]data.Place{
		"a": {Role: data.RoleSegment, Name: "sq5_2p/games.db"}, "b": {Role: data.RoleSynced, Name: "node-1/sq5_2p/games.db"},
	} {
		sum := strings.Repeat(digit, 64)
		_, err := session.AddItem(t.Context(), ledger.Item{SHA256: sum, Role: jobs.ItemRole(place.Role), Name: place.Name, ConfigKey: "sq5_2p", Bytes: 1})
		require.NoError(t, err)
		require.NoError(t, session.ReportHoldings(t.Context(), "node-1", []ledger.Holder{
			{SHA256: sum, Path: jobs.HolderPath(place), State: ledger.CopyVerified},
		}))
		input, err := pipeline.GamesInput(t.Context(), l, "games-1", sum)
		require.NoError(t, err)
		require.Equal(t, data.Place{Role: data.RoleSynced, Name: "node-1/sq5_2p/games.db"}, input.Place)
		_, err = files.Path(input.Place)
		require.NoError(t, err)
	}
}
