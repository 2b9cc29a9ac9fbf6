//go:build acceptance

package cluster

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// The bars of the loop on two cores.
const (
	firstPromotion = 3 * time.Minute
	threeOfThree   = 15 * time.Minute
)

// TestLoopClosesByItself leaves an installation alone, on an empty folder: it plays, exports, trains, judges and
// promotes three configurations. Then the canonical model is proved to be stronger than generation 0, outside of it.
func TestLoopClosesByItself(t *testing.T) {
	r := setupWith(t, 1, "preset: fast\nloop:\n  iterations: 3\n")
	began := time.Now()
	r.eventually(within(firstPromotion), func() bool { return r.promotions(configKey) > 0 }, "a first promotion of %s", configKey)
	t.Logf("first promotion of %s after %.0f s", configKey, time.Since(began).Seconds())
	configs := []string{"sq5_2p", "sq5_3p", "hex3_2p"}
	r.eventually(within(threeOfThree), func() bool {
		for _, one := range configs {
			if r.decided(one) < 3 {
				return false
			}
		}
		return true
	}, "three iterations of each configuration")
	t.Logf("three iterations of each after %.0f s", time.Since(began).Seconds())
	for _, one := range configs {
		t.Logf("%s: %q", one, r.ledger("SELECT number || ' ' || outcome FROM iterations WHERE config_key = ? ORDER BY number", one))
	}
	for _, plan := range r.ledger("SELECT decision_key || ': ' || reason FROM decisions WHERE kind IN ('training_plan', 'curriculum_weights') ORDER BY decided_at") {
		t.Log(plan)
	}
	r.requireLineage()
	r.requireStronger(configKey, 400, .9)
}

// within is the time of a bar; a quick look on a machine that does other work proves the outcome.
func within(bar time.Duration) time.Duration { return choose(bar, 3*bar) }

// promotions are those after the bootstrap.
func (r *rig) promotions(config string) int {
	return r.number("SELECT count(*) FROM pointer_moves WHERE config_key = ? AND name = 'canonical' AND sequence > 1", config)
}

// decided are the iterations that came to a verdict.
func (r *rig) decided(config string) int {
	return r.number("SELECT count(*) FROM iterations WHERE config_key = ? AND outcome IN ('promoted', 'rejected')", config)
}

// requireLineage proves from the ledger's rows and from the files that the steps of each iteration hang together.
func (r *rig) requireLineage() {
	r.Helper()
	require.Empty(r, r.ledger(`SELECT sha256 FROM game_files WHERE purpose <> 'selfplay' AND cut_iteration IS NOT NULL`), "only self-play is trained on")
	require.Empty(r, r.ledger(`SELECT config_key || iteration || stage FROM stages WHERE state = 'ordered'
		AND EXISTS (SELECT 1 FROM iterations i WHERE i.config_key = stages.config_key AND i.number = iteration AND i.ended_at IS NOT NULL)`))
	require.Empty(r, r.ledger(`SELECT decision_key FROM decisions WHERE kind = 'promotion' GROUP BY decision_key HAVING count(*) > 1`))
	require.Empty(r, r.ledger(`SELECT config_key || number FROM iterations i WHERE outcome IN ('promoted', 'rejected') AND NOT EXISTS
		(SELECT 1 FROM stages WHERE config_key = i.config_key AND iteration = i.number AND stage = 'FEEDBACK' AND state = 'done')`), "each ends with a plan")
	require.Empty(r, r.ledger(`SELECT config_key || iteration FROM stages WHERE stage = 'TRAINING' AND state = 'done' AND json_extract(nullif(result, ''), '$.model_id') <> ''
		AND json_extract(nullif(result, ''), '$.plan_version') NOT IN (SELECT decision_key FROM decisions WHERE kind = 'training_plan')`), "each run has its plan")
	datasets := r.ledger(`SELECT json_extract(nullif(result, ''), '$.dataset_id') || ' ' || json_extract(nullif(result, ''), '$.parent_model_id') FROM stages s
		WHERE stage = 'TRAINING' AND state = 'done' AND attempt = (SELECT max(attempt) FROM stages l
			WHERE l.config_key = s.config_key AND l.iteration = s.iteration AND l.stage = s.stage)`)
	seen := map[string]bool{}
	for _, one := range datasets {
		require.False(r, seen[one], "dataset and parent %s were trained on twice", one)
		seen[one] = true
	}
	for _, node := range r.nodes {
		node.requireHeld()
	}
}

// requireHeld reads each model and dataset that the ledger says a node has: it has the bytes that its name says.
func (n *node) requireHeld() {
	r := n.rig
	r.Helper()
	for _, path := range r.ledger("SELECT path FROM holders JOIN items USING (sha256) WHERE role IN ('model', 'dataset') AND state <> 'gone' AND node = ?", n.name) {
		sum, _, err := workload.HashFile(filepath.Join(n.dir, path))
		require.NoError(r, err, "on %s", n.name)
		require.Contains(r, path, sum, "content and name")
	}
}

// requireStronger plays the canonical model against generation 0, and counts by inspect who has won.
func (r *rig) requireStronger(config string, games int, share float64) {
	r.Helper()
	model := func(order string) workload.Input {
		sums := r.ledger(`SELECT m.sha256 FROM pointer_moves p JOIN models m USING (model_id)
			WHERE p.config_key = ? AND p.name = 'canonical' ORDER BY p.sequence `+order+` LIMIT 1`, config)
		require.Len(r, sums, 1)
		return workload.Input{Role: workload.RoleModel, Path: filepath.Join(r.nodes[0].dir, "models", config, sums[0]+".json"), SHA256: sums[0]}
	}
	best, first := model("DESC"), model("ASC")
	best.Name, first.Name = "best", "first"
	attempt, err := workload.NewAttempt(filepath.Join(r.TempDir(), "match"), workload.Request{
		Contract: workload.Contract, JobID: "proof", Attempt: 1, Command: workload.Match, ConfigKey: config, IssuedAt: time.Now(), Seed: 20_26,
		Limits: workload.Limits{CPU: 1}, Inputs: []workload.Input{best, first},
		Params: json.RawMessage(fmt.Sprintf(`{"participants":[{"id":"best","model":"best"},{"id":"first","model":"first"}],
			"pairings":[["best","first"]],"games_per_pair":%d,"opening_plies":2}`, games)),
	})
	require.NoError(r, err)
	require.NoError(r, runCommand(r.Context(), attempt))
	text, err := os.ReadFile(attempt.ResultPath())
	require.NoError(r, err)
	var result workload.Result
	require.NoError(r, json.Unmarshal(text, &result))
	output, err := result.Output(workload.RoleGames)
	require.NoError(r, err)
	facts := r.inspect(config, attempt.OutputPath(output))
	require.EqualValues(r, games, facts.Verified)
	require.Empty(r, facts.ReplayErrors)
	for _, one := range facts.Participants {
		if one.ID != "best" {
			continue
		}
		score := one.Total()
		won := (float64(score.Wins) + float64(score.Draws)/2) / float64(score.Games)
		r.Logf("the canonical model against generation 0: %+v, %.3f", score, won)
		require.GreaterOrEqual(r, won, share)
		return
	}
	require.Fail(r, "nobody played", "%s", strings.TrimSpace(string(text)))
}
