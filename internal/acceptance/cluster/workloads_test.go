//go:build acceptance

package cluster

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// TestPythonTrainsBesideMini trains a configuration of the workload in Python beside one of mini. Nothing but its folder
// and the name of its configuration says so. Each comes to a verdict on games that its own inspect replays.
func TestPythonTrainsBesideMini(t *testing.T) {
	const other = "nim21_2p"
	r := setupWith(t, 1, "preset: fast\nloop:\n  configs: ["+other+", "+configKey+"]\n  iterations: 2\n")
	for _, config := range []string{other, configKey} {
		r.eventually(within(threeOfThree), func() bool { return r.decided(config) >= 2 }, "two iterations of %s", config)
	}
	r.requireLineage()
	for config, name := range map[string]string{other: python, configKey: mini} {
		require.Equal(t, []string{name}, r.ledger("SELECT DISTINCT workload FROM models WHERE config_key = ?", config))
		require.Equal(t, []string{name}, r.ledger("SELECT DISTINCT json_extract(request, '$.workload') FROM jobs WHERE config_key = ?", config))
		r.requireHonestGames(config)
		r.requireEvaluations(config)
		t.Logf("%s by %s: %q", config, name, r.ledger("SELECT verdict || ': ' || reason FROM decisions WHERE kind = 'promotion' AND config_key = ?", config))
	}
	if r.promotions(other) > 0 {
		r.requireStronger(other, 200, .55)
	}
}

// requireEvaluations counts again, by the workload's own inspect, what each evaluation of a configuration was decided by.
func (r *rig) requireEvaluations(config string) {
	r.Helper()
	all := r.ledger("SELECT inputs FROM decisions WHERE kind = 'evaluation' AND config_key = ?", config)
	require.NotEmpty(r, all, "evaluations of %s", config)
	for _, text := range all {
		var told pipeline.Evaluated
		require.NoError(r, json.Unmarshal([]byte(text), &told))
		files := r.ledger("SELECT sha256 FROM game_files WHERE purpose = 'evaluation' AND games > 0 AND batch_id LIKE ? || '/%'", told.JobID)
		require.Len(r, files, 1, "files of evaluation %s", told.EvaluationID)
		facts := r.inspect(config, r.fileOf(files[0]))
		require.Equal(r, told.Valid+told.Invalid, facts.Verified)
		require.Equal(r, scoresOf(told), scoresIn(facts, "candidate"), "the candidate's scores by seat in evaluation %s", told.EvaluationID)
	}
}

// scoresOf are the candidate's scores in each seat, against all opponents together.
func scoresOf(told pipeline.Evaluated) []workload.Score {
	sums := make([]workload.Score, len(told.Opponents[0].BySeat))
	for _, faced := range told.Opponents {
		for seat, score := range faced.BySeat {
			sums[seat].Games += score.Games
			sums[seat].Wins += score.Wins
			sums[seat].Draws += score.Draws
			sums[seat].Losses += score.Losses
		}
	}
	return sums
}

func scoresIn(facts workload.InspectMetrics, participant string) []workload.Score {
	for _, one := range facts.Participants {
		if one.ID == participant {
			return one.BySeat
		}
	}
	return nil
}
