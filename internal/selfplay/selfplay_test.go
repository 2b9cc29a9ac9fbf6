package selfplay_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

func TestFaultyPlansAreRefused(t *testing.T) {
	t.Parallel()
	for document, fault := range map[string]string{
		`{`: "read the plan", `{"plan_id":"a b","configs":[{"config_key":"a"}]}`: "plan_id",
		`{"plan_id":"p","configs":[{"config_key":"a"},{"config_key":"a"}]}`:      "each configuration once",
		`{"plan_id":"p","configs":[{"config_key":"a","weight":-1}]}`:             "weight",
		`{"plan_id":"p","configs":[{"config_key":"a","stock":-1}]}`:              "stock",
		`{"plan_id":"p","configs":[{"config_key":"a","games_per_job":-1}]}`:      "games_per_job",
		`{"plan_id":"p","configs":[{"config_key":"a"}],"gamesperjob":"mistake"}`: "unknown field",
	} {
		_, err := selfplay.ParsePlan([]byte(document))
		require.ErrorContains(t, err, fault, document)
	}
}

// The plan that was saved last is the one that holds, and what is saved is read back as it was.
func TestPlansAreKept(t *testing.T) {
	t.Parallel()
	l := ledgertest.SQLite(t)
	latest, err := selfplay.Latest(t.Context(), l)
	require.NoError(t, err)
	require.Nil(t, latest)
	session := l.Session("SELFPLAY_COORDINATOR", 1)
	for _, id := range []string{"plan-1", "plan-2"} {
		plan, err := selfplay.ParsePlan([]byte(`{"plan_id":"` + id + `","configs":[{"config_key":"sq5_2p","stock":7,"params":{"search_budget":32}}]}`))
		require.NoError(t, err)
		require.NoError(t, selfplay.Save(t.Context(), session, plan))
		require.NoError(t, selfplay.Save(t.Context(), session, plan), "twice is once")
		latest, err := selfplay.Latest(t.Context(), l)
		require.NoError(t, err)
		require.Equal(t, plan, latest)
	}
}

var sharing = selfplay.Sharing{Floor: .25, Cap: .3}

func TestScoresFollowTheFormula(t *testing.T) {
	t.Parallel()
	full := selfplay.Features{Need: 1, Gap: 1, Staleness: 1, Information: 1, Ready: 1, Weight: 2, Exploration: 1.5}
	none := selfplay.Features{Weight: 1, Exploration: 1}
	scores := selfplay.Scores([]selfplay.Features{full, none}, sharing)
	require.InDelta(t, 3, scores[0].Value, 1e-9, "2 × 1.5 × (.05 + .40 + .20 + .15 + .10 + .10)")
	require.InDelta(t, .05, scores[1].Value, 1e-9)
	require.InDelta(t, 1.0/8, scores[1].Share, 1e-9, "the floor is a fourth of an equal share")
	require.InDelta(t, 7.0/8, scores[0].Share, 1e-9)
}

// Who only begins gets 60 % together, the others share the rest.
func TestBeginnersComeFirst(t *testing.T) {
	t.Parallel()
	even := selfplay.Features{Need: 1, Weight: 1, Exploration: 1}
	beginner := even
	beginner.Bootstrap = true
	scores := selfplay.Scores([]selfplay.Features{even, beginner, even}, sharing)
	require.InDelta(t, .6, scores[1].Share, 1e-9)
	require.InDelta(t, .2, scores[0].Share, 1e-9)
	require.Equal(t, scores[0], scores[2])
	for _, score := range selfplay.Scores([]selfplay.Features{beginner, beginner}, sharing) {
		require.InDelta(t, .5, score.Share, 1e-9)
	}
}

// Whatever the features: the shares add up to one and stay within their bounds, and more need is never less share.
func TestSharesKeepTheirBounds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		features := make([]selfplay.Features, 1+random.IntN(12))
		for i := range features {
			features[i] = selfplay.Features{
				Need: random.Float64(), Gap: random.Float64(), Staleness: random.Float64(), Information: random.Float64(),
				Weight: 3 * random.Float64(), Exploration: 1 + random.Float64(), Bootstrap: random.IntN(4) == 0,
			}
		}
		scores, total, n := selfplay.Scores(features, sharing), 0.0, float64(len(features))
		limit := 1.0
		if n >= 4 {
			limit = math.Max(.3, 1/n)
		}
		for _, score := range scores {
			total += score.Share
			require.GreaterOrEqual(t, score.Share, 1/(4*n)-1e-6, "%+v", scores)
			require.LessOrEqual(t, score.Share, limit+1e-6, "%+v", scores)
		}
		require.InDelta(t, 1, total, 1e-6, "%+v", scores)
		at := random.IntN(len(features))
		features[at].Need = 1
		require.GreaterOrEqual(t, selfplay.Scores(features, sharing)[at].Share, scores[at].Share-1e-6)
	}
}
