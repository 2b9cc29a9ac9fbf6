//go:build acceptance

package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLoopSurvivesKills kills the worker, the Temporal server or a process of the workload, again and again and each at
// some moment, while the loop trains. Left alone after that, it comes to the end that a loop comes to which nobody disturbs.
func TestLoopSurvivesKills(t *testing.T) {
	configs := choose([]string{configKey, "sq5_3p"}, []string{configKey})
	r := setupWith(t, 1, limited(configs, 0))
	rounds, killed := choose(50, 6), map[string]int{}
	for round := range rounds {
		<-time.After(rand.N(choose(3*time.Second, time.Second))) // or the kill would always hit the same moment
		began := time.Now()
		what := r.killOne()
		killed[what]++
		r.repair()
		t.Logf("round %d: %s killed, all ready again after %.1f s; iterations: %q", round, what, time.Since(began).Seconds(), r.outcomes())
	}
	began, last := time.Now(), r.finishLoop(configs)
	r.requireGone(jobProcesses(r.dir), 10*time.Second, "the loop is at rest")
	r.requireAtRest(configs, last)
	t.Logf("killed: %v; at rest after %.0f s more; iterations: %q; attempts: %q", killed, time.Since(began).Seconds(), r.outcomes(), r.attempts())
}

// limited are thresholds by which configurations are trained for so many iterations; 0: without end.
func limited(configs []string, iterations int) string {
	return fmt.Sprintf("preset: fast\nloop:\n  configs: [%s]\n  iterations: %d\n", strings.Join(configs, ", "), iterations)
}

// killOne kills the worker, the server, or a process of the workload, and returns what it was.
func (r *rig) killOne() string {
	r.Helper()
	switch rand.IntN(3) {
	case 0:
		r.nodes[0].kill()
		return "worker"
	case 1:
		server := r.server()
		require.NoError(r, syscall.Kill(server, syscall.SIGKILL))
		r.eventually(patience, func() bool { return errors.Is(syscall.Kill(server, 0), syscall.ESRCH) }, "the server is gone")
		return "server"
	}
	var all []process
	r.eventually(patience, func() bool { all = jobProcesses(r.dir); return len(all) > 0 }, "a command of the workload runs: %q", r.outcomes())
	victim := all[rand.IntN(len(all))]
	_ = syscall.Kill(victim.PID, syscall.SIGKILL) // it may just have ended
	return "command"
}

// outcomes are the iterations of all configurations and what came of them.
func (r *rig) outcomes() []string {
	r.Helper()
	return r.ledger("SELECT config_key || ' ' || number || ' ' || coalesce(nullif(outcome, ''), stage) FROM iterations ORDER BY config_key, number")
}

// finishLoop lets each configuration go one iteration beyond the one that is furthest, and waits until all is at rest there.
func (r *rig) finishLoop(configs []string) (last int) {
	r.Helper()
	last = r.number("SELECT coalesce(max(number), 0) FROM iterations") + 1
	r.limit(limited(configs, last))
	r.eventually(within(threeOfThree), func() bool {
		for _, config := range configs {
			if r.number("SELECT count(*) FROM iterations WHERE config_key = ? AND ended_at IS NOT NULL", config) < last {
				return false
			}
		}
		return r.unstudied() == 0 && r.unfinished() == 0
	}, "%d iterations of each configuration, and no job left", last)
	return last
}

// unstudied are the canonical models of which DISTILLATION has yet to make a small one. It begins when the loop is done
// with them, and its jobs play games too.
func (r *rig) unstudied() int {
	r.Helper()
	return r.number(`SELECT count(*) FROM pointers WHERE name = 'canonical' AND sequence > 1
		AND model_id NOT IN (SELECT decision_key FROM decisions WHERE kind = 'distillation')`)
}

// requireAtRest proves of an installation whose loop has ended what is true of every such one, however it came there.
func (r *rig) requireAtRest(configs []string, iterations int) {
	r.Helper()
	r.requireLineage()
	r.requireOrder(configs, iterations)
	require.Empty(r, r.ledger("SELECT job_id FROM job_attempts WHERE ended_at IS NULL"), "attempts that nobody has ended")
	require.Empty(r, r.ledger(`SELECT job_id FROM jobs WHERE status = 'completed' AND 1 <>
		(SELECT count(*) FROM job_attempts a WHERE a.job_id = jobs.job_id AND outcome = 'completed')`), "jobs completed by no attempt, or by more than one")
	for _, config := range configs {
		r.requireAllGames(config)
		r.requireHonestGames(config)
		r.requireEvaluations(config)
	}
	for _, node := range r.nodes {
		node.requireFiles()
	}
}

// requireOrder proves that iterations, stages, decisions and pointers go together: each step was done once, and each
// promotion moved the pointer once.
func (r *rig) requireOrder(configs []string, iterations int) {
	r.Helper()
	for _, config := range configs {
		require.Equal(r, iterations, r.number("SELECT count(*) FROM iterations WHERE config_key = ? AND ended_at IS NOT NULL AND outcome <> ''", config))
		require.Equal(r, iterations, r.number("SELECT max(number) FROM iterations WHERE config_key = ?", config))
		promoted := r.number("SELECT count(*) FROM iterations WHERE config_key = ? AND outcome = 'promoted'", config)
		require.Equal(r, promoted, r.promotions(config), "promoted iterations of %s and moves of its pointer", config)
		require.Equal(r, promoted+1, r.number("SELECT max(sequence) FROM pointer_moves WHERE config_key = ? AND name = 'canonical'", config))
	}
	require.Empty(r, r.ledger("SELECT config_key || iteration || stage FROM stages WHERE state = 'ordered'"), "orders that nobody has ended")
	require.Empty(r, r.ledger(`SELECT config_key || ' ' || iteration || ' ' || stage FROM stages s WHERE state = 'done'
		GROUP BY config_key, iteration, stage HAVING count(*) > 1 + (SELECT count(*) FROM stages l WHERE l.config_key = s.config_key
			AND l.iteration = s.iteration AND json_extract(nullif(l.result, ''), '$.again') = s.stage)`), "stages that were done twice, and nobody has lost their result")
	// A training that has made nothing better leaves the same candidate as one before from the same parent. That is not
	// played again, and what was decided about it holds.
	const decided = `SELECT count(*) FROM stages s JOIN decisions d ON d.kind = 'promotion' AND d.decision_key = json_extract(nullif(s.result, ''), '$.promotion_id')
		JOIN stages t ON t.config_key = s.config_key AND t.iteration = s.iteration AND t.stage = 'TRAINING' AND t.state = 'done'
			AND t.attempt = (SELECT max(attempt) FROM stages l WHERE l.config_key = t.config_key AND l.iteration = t.iteration AND l.stage = t.stage)
		WHERE s.config_key = i.config_key AND s.iteration = i.number AND s.stage = 'DECIDING' AND s.state = 'done' AND d.config_key = i.config_key
		AND d.verdict = i.outcome AND json_extract(d.inputs, '$.record.evidence.candidate.model_id') = json_extract(nullif(t.result, ''), '$.model_id')`
	require.Empty(r, r.ledger(`SELECT config_key || ' ' || number FROM iterations i WHERE outcome IN ('promoted', 'rejected') AND (`+decided+`) <> 1`),
		"verdicts without their one decision")
	require.Empty(r, r.ledger(`SELECT config_key || ' ' || json_extract(inputs, '$.iteration') FROM decisions WHERE kind = 'promotion' AND verdict <> 'bootstrap'
		GROUP BY config_key, json_extract(inputs, '$.iteration') HAVING count(*) > 1`), "iterations that were decided on twice")
	require.Empty(r, r.ledger(`SELECT config_key || ' ' || sequence FROM pointer_moves p WHERE name = 'canonical' AND NOT EXISTS
		(SELECT 1 FROM decisions d WHERE d.kind = 'promotion' AND d.decision_key = p.decision_id AND d.verdict IN ('promoted', 'bootstrap'))`),
		"moves of a pointer that nobody has decided on")
}

// requireAllGames proves that no game was lost or counted twice: what jobs report is what the ledger counts, and what
// each node has.
func (r *rig) requireAllGames(config string) {
	r.Helper()
	require.Empty(r, r.ledger(`SELECT job_id FROM jobs WHERE config_key = ? AND status = 'completed' AND kind IN ('selfplay', 'evaluate') AND
		(SELECT count(*) FROM games g WHERE g.job_id = jobs.job_id) < (SELECT sum(json_extract(o.value, '$.records')) FROM json_each(result, '$.outputs') o
			WHERE json_extract(o.value, '$.role') = 'games')`, config), "jobs whose games are not all counted")
	games := r.number("SELECT count(*) FROM games WHERE config_key = ?", config)
	require.Equal(r, games, r.number("SELECT games FROM game_totals WHERE config_key = ?", config))
	kept := r.number(`SELECT count(*) FROM games g JOIN game_files ON sha256 = file_sha256
		WHERE g.config_key = ? AND purpose IN ('selfplay', 'import')`, config) // games that judge are not trained on
	for _, node := range r.nodes {
		r.eventually(patience, func() bool { return node.countOf(config) == kept }, "%s has the %d games of %s: %d", node.name, kept, config, node.countOf(config))
	}
}

// countOf is how many games of a configuration a node has in its store.
func (n *node) countOf(config string) int {
	n.rig.Helper()
	if _, err := os.Stat(n.storeOf(config)); err != nil {
		return 0
	}
	counted := n.rig.column(n.storeOf(config), "SELECT count(*) FROM games")
	var games int
	_, err := fmt.Sscan(counted[0], &games)
	require.NoError(n.rig, err)
	return games
}
