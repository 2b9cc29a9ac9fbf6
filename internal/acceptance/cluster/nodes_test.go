//go:build acceptance

package cluster

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestThreeNodesOneOfThemKilled submits self-play jobs to three nodes and kills the worker of one every 20 s. Every job
// has exactly one result, no game is lost or counted twice, and all nodes end with the same games.
func TestThreeNodesOneOfThemKilled(t *testing.T) {
	t.Parallel()
	jobs, games := choose(200, 60), choose(40, 20)
	r := setup(t, 3)
	ids := r.submit("bar", selfplay{mini, jobs, games, `{"pace_ms":150}`})

	killed := map[string]int{}
	began, pause := time.Now(), choose(20*time.Second, 10*time.Second)
	for next := began.Add(pause); r.unfinished() > 0; {
		require.Less(t, time.Since(began), 20*time.Minute, "%d jobs are not over: %q", r.unfinished(), r.attempts())
		if time.Now().Before(next) {
			<-time.After(poll)
			continue
		}
		next = next.Add(pause)
		node := r.nodes[rand.IntN(len(r.nodes))]
		node.kill()
		killed[node.name]++
		back := time.Now()
		r.repair()
		t.Logf("%5.1f s: %s killed, all ready again after %.1f s, %d jobs left", back.Sub(began).Seconds(), node.name, time.Since(back).Seconds(), r.unfinished())
	}
	took := time.Since(began)
	r.requireOneResultEach(jobs)
	r.requireGamesOf(ids, games)
	done := time.Now()
	r.converge(jobs * games)
	for _, node := range r.nodes {
		node.requireFiles()
		node.requireGames()
	}
	t.Logf("%d jobs in %.0f s with %v killed; the same games everywhere %.1f s later; attempts: %q",
		jobs, took.Seconds(), killed, time.Since(done).Seconds(), r.attempts())
}
