package selfplaycoordinator

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/quality"
)

// Who plays poor games plays fewer of them, never fewer than the next dataset needs, and goes on when they are good again.
func TestPoorGamesSlowDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.BudgetGames, b.settings.GoodQuality, b.settings.BootstrapGames = 1000, .7, 0
	full := b.round()
	require.Nil(t, config(full, "sq5_2p").Score.Quality, "nobody has judged the games")
	require.Equal(t, int64(1000), config(full, "sq5_2p").Stock)

	b.judge(map[string]float64{"sq5_2p": .49, "hex3_2p": .8})
	slow := b.round()
	require.Equal(t, "pace of sq5_2p from 1.00 to 0.70", slow.Reason)
	require.Equal(t, int64(700), config(slow, "sq5_2p").Stock)
	require.Equal(t, int64(1000), config(slow, "hex3_2p").Stock)
	require.InDelta(t, .49, *config(slow, "sq5_2p").Score.Quality, 1e-9, "the plan has what its stock follows from")
	require.Equal(t, slow, b.round())

	b.judge(map[string]float64{"sq5_2p": 0})
	require.Equal(t, int64(500), config(b.round(), "sq5_2p").Stock, "without new games nobody sees them become better")

	b.settings.BudgetGames = 1000
	b.judge(map[string]float64{"sq5_2p": .9})
	require.Equal(t, int64(1000), config(b.round(), "sq5_2p").Stock)
}

// judge is what the monitor of a node says the games are worth.
func (b *bundle) judge(means map[string]float64) {
	b.t.Helper()
	configs := map[string]quality.Standing{}
	for key, mean := range means {
		configs[key] = quality.Standing{Score: quality.Score{Games: 50, Mean: mean}}
	}
	text, err := quality.Report{Configs: configs}.Encode()
	require.NoError(b.t, err)
	require.NoError(b.t, b.client.Session(quality.Reporter, "node-1", 1).Report(b.t.Context(), text))
}
