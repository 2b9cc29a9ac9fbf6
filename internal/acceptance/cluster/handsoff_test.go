//go:build acceptance

package cluster

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/loops"
)

// TestALoopIsOrderedAndEndsByItself has an installation that trains nothing go through three iterations which an operator
// has ordered. It ends with three records, a canonical model that beats generation 0 and has a student, and nothing goes
// on.
func TestALoopIsOrderedAndEndsByItself(t *testing.T) {
	r := setup(t, 1)
	var order loops.Loop
	r.starter(&order, "loop", "start", "--configs", configKey, "--iterations", "3", "--games", "200", "--id", "night")
	began := time.Now()
	var runs struct{ Loops []loops.Loop }
	require.Eventually(t, func() bool { // a busy bus may not answer in time
		return r.ask(&runs, "loop", "runs") == nil && len(runs.Loops) == 1 && runs.Loops[0].Over()
	}, within(threeOfThree), time.Second, "the loop ends")
	t.Logf("three iterations after %.0f s", time.Since(began).Seconds())
	require.Equal(t, loops.Completed, runs.Loops[0].State)
	require.EqualValues(t, 3, runs.Loops[0].Turns)
	require.Equal(t, 3, r.decided(configKey))
	require.Equal(t, 3, r.number("SELECT count(*) FROM iterations WHERE config_key = ?", configKey), "and no other one has begun")
	require.Empty(t, r.ledger(`SELECT number FROM iterations i WHERE config_key = ? AND 200 >
		(SELECT sum(games) FROM game_files f WHERE f.config_key = i.config_key AND f.cut_iteration = i.number)`, configKey), "each took 200 games or more")
	r.requireStronger(configKey, 200, .9)

	students := `SELECT count(*) FROM decisions d JOIN pointers p ON d.decision_key = p.model_id
		WHERE d.kind = 'distillation' AND p.name = 'canonical' AND p.config_key = ?`
	r.eventually(patience, func() bool { return r.number(students, configKey) == 1 }, "the canonical model has a student")
	accepted := r.number("SELECT count(*) FROM decisions WHERE kind = 'distillation' AND verdict = 'accepted' AND config_key = ?", configKey)
	t.Logf("students: %q", r.ledger("SELECT verdict || ': ' || reason FROM decisions WHERE kind = 'distillation'"))
	require.Equal(t, accepted, r.number("SELECT count(*) FROM pointer_moves WHERE name = 'production-small' AND config_key = ?", configKey))
	require.Empty(t, r.ledger(`SELECT s.model_id FROM pointers p JOIN models s USING (model_id) JOIN models t ON instr(s.parents, t.model_id) > 0
		WHERE p.name = 'production-small' AND s.bytes >= t.bytes`), "it is smaller")
}

// TestAnIdleNodePlays has a node whose configuration has all the games that its loop asks for: it plays more of them, as
// long as they are few, and then no more.
func TestAnIdleNodePlays(t *testing.T) {
	const ceiling, gift = 700, 100 // the plan asks for 400 or 600, as far as the loop gets until it is held
	r := setupWith(t, 1, "preset: fast\nloop:\n  configs: [sq5_2p]\nidle:\n  after: 1s\n  max_cpu: 1\n  cooldown: 1s\n  games: 100\n  ceiling: 700\n")
	var held map[string]any
	r.eventually(patience, func() bool { return r.ask(&held, "loop", "pause", configKey) == nil }, "its training loop runs and is held")
	played := func() int {
		return r.number("SELECT coalesce(sum(games), 0) FROM game_files WHERE config_key = ? AND purpose = 'selfplay'", configKey)
	}
	injected := func() int {
		return r.number("SELECT count(*) FROM jobs WHERE idempotency_key LIKE 'selfplay/injection/%' AND status = 'completed'")
	}
	r.eventually(within(threeOfThree), func() bool { return played() >= ceiling && injected() > 0 }, "it plays beyond the plan")
	games := r.number("SELECT max(games) FROM game_files f JOIN jobs j ON f.batch_id LIKE j.job_id || '/%' WHERE j.idempotency_key LIKE 'selfplay/injection/%'")
	require.Equal(t, gift, games)
	require.Less(t, played(), ceiling+2*gift, "and no more than it should")
	r.eventually(patience, func() bool {
		return injected() == r.number("SELECT count(*) FROM decisions WHERE kind = 'selfplay_injection'")
	}, "each gift is played once")
}
