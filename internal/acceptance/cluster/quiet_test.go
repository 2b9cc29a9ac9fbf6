//go:build acceptance

package cluster

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

const (
	// ladderInterval and calibrationInterval are the least times between two tournaments in a test that waits for the last.
	ladderInterval      = 5 * time.Second
	calibrationInterval = time.Minute
	// tournamentLook is how often TOURNAMENT_DAEMON looks for one that is to be planned.
	tournamentLook = 10 * time.Second
	// slowestRound is more than the pause between two rounds of any daemon that still has something to tell then, as
	// MODEL_DISTRIBUTION has of the last model once a minute.
	slowestRound = 65 * time.Second
)

// TestIdleIsQuiet lets loops come to their end. The ladder plays on until all that is decided by its games is certain, and
// rests then; the baselines are measured once more and rest as well. From there on nothing is played, exported, trained,
// decided, written or told, and no history grows.
func TestIdleIsQuiet(t *testing.T) {
	configs := choose([]string{"sq5_2p", "sq5_3p", "hex3_2p"}, []string{configKey})
	iterations := choose(3, 1)
	limits := limited(configs, iterations) + fmt.Sprintf("tournament:\n  ladder_interval: %s\n", ladderInterval)
	rest := max(ladderInterval+2*tournamentLook, slowestRound)
	if !testing.Short() { // the preset calibrates each 10 min: not within the short form
		limits += fmt.Sprintf("  calibration_interval: %s\n", calibrationInterval)
		rest += calibrationInterval
	}
	r := setupWith(t, choose(2, 1), limits)
	began := time.Now()
	r.eventually(within(threeOfThree), func() bool { return r.over(configs, iterations) }, "the loops end: %s", later(r.outcomes))
	t.Logf("the loops are over after %.0f s: %q", time.Since(began).Seconds(), r.outcomes())
	ended := time.Now()
	r.eventually(within(lastTournament(rest)), func() bool { return r.rests(rest) }, "the ladder rests: %s; jobs: %s", later(r.tournaments), later(r.unended))
	t.Logf("no tournament for %s, %.0f s after the loops: %q", rest, time.Since(ended).Seconds(), r.tournaments())

	before := r.moment()
	<-time.After(choose(5*time.Minute, 20*time.Second)) // what would still move has its time for it
	r.requireStill(before)
}

// lastTournament is when the ladder rests at the latest, after the last model came into office. A pair meets in
// games_enough / games_per_pair tournaments at most, four by the preset. Before each of them there is a calibration, of
// which one in three is repeated by chance. Each waits for its interval, is seen at the next look of TOURNAMENT_DAEMON,
// of QUEUE_POPULATOR and of JOB_SCHEDULER, and plays for some seconds.
func lastTournament(rest time.Duration) time.Duration {
	const tournaments, each = 2 * 4, ladderInterval + 2*tournamentLook
	return tournaments*each + rest
}

// over says whether each configuration has gone through its iterations, and DISTILLATION has seen to what came of them.
func (r *rig) over(configs []string, iterations int) bool {
	r.Helper()
	for _, config := range configs {
		if r.number("SELECT count(*) FROM iterations WHERE config_key = ? AND ended_at IS NOT NULL", config) < iterations {
			return false
		}
	}
	return r.unstudied() == 0
}

// rests says that no job is left and no tournament was planned for so long.
func (r *rig) rests(long time.Duration) bool {
	r.Helper()
	planned := r.number("SELECT count(*) FROM decisions WHERE kind = 'tournament_plan' AND decided_at > ?", time.Now().Add(-long).UnixMicro())
	return planned == 0 && r.unfinished() == 0
}

// tournaments are those that were planned, and when.
func (r *rig) tournaments() []string {
	r.Helper()
	return r.ledger(`SELECT decision_key || ' at ' || strftime('%H:%M:%S', decided_at / 1000000, 'unixepoch') || ': ' || reason
		FROM decisions WHERE kind = 'tournament_plan' ORDER BY decided_at`)
}

// unended are the jobs that are not over.
func (r *rig) unended() []string {
	r.Helper()
	return r.ledger("SELECT idempotency_key || ' ' || status || ' ' || error FROM jobs WHERE finished_at IS NULL")
}

// requireStill proves that nothing has moved since a moment.
func (r *rig) requireStill(before moment) {
	r.Helper()
	after, changed := r.moment(), map[string][]string{}
	for what, parts := range after.parts {
		changed[what] = changes(before.parts[what], parts)
	}
	changed["events"] = r.eventsSince(before.at)
	for what, things := range changed {
		assert.Empty(r, things, "%s that changed", what)
	}
}
