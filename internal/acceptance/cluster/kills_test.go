//go:build acceptance

package cluster

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// TestKilledWorkersAndShimsLeaveNothing kills the worker, a shim or both of a node that runs jobs, again and again. No
// process of a killed attempt is left once the node is back, and none ever ran beside its replacement.
func TestKilledWorkersAndShimsLeaveNothing(t *testing.T) {
	t.Parallel()
	rounds := choose(50, 6)
	r := setup(t, 2)
	observed := r.observer()
	killed := map[string]int{}
	batch := selfplay{withFamily, 12, 20, `{"pace_ms":150}`}
	var ids []string
	for round := range rounds {
		if r.unfinished() < 8 {
			ids = append(ids, r.submit(fmt.Sprintf("round-%d", round), batch)...)
		}
		began := time.Now()
		node := r.nodes[rand.IntN(len(r.nodes))]
		family := r.busy(node)
		<-time.After(rand.N(500 * time.Millisecond)) // or the kill would always hit the same moment
		waited := time.Since(began)
		what, victims := node.killSome(family)
		killed[what]++
		r.repair()
		r.requireGone(victims, 10*time.Second, "round %d: %s of %s killed", round, what, node.name)
		t.Logf("round %d: %s of %s killed with %d processes after %.1f s; none is left after %.1f s", round, what, node.name, len(victims),
			waited.Seconds(), (time.Since(began) - waited).Seconds())
	}
	r.eventually(patience, func() bool { return r.unfinished() == 0 }, "the jobs end: %q", r.attempts())
	r.requireGone(jobProcesses(r.dir), 10*time.Second, "all jobs are over")
	seen := observed()
	require.Empty(t, seen.Beside, "attempts beside their replacements")
	r.requireOneResultEach(len(ids))
	r.requireGamesOf(ids, batch.games)
	t.Logf("%d rounds, killed: %v; an observer looked %d times at %d attempts, at most %d processes at once; attempts: %q",
		rounds, killed, seen.Looks, seen.Attempts, seen.Processes, r.attempts())
}

// busy waits until a node runs a whole family and returns all its processes of jobs.
func (r *rig) busy(node *node) (all []process) {
	r.Helper()
	r.eventually(patience, func() bool {
		all = node.processes()
		return len(all) >= familySize
	}, "%s runs a job", node.name)
	return all
}

// processes are those of jobs on the node.
func (n *node) processes() (found []process) {
	for _, p := range jobProcesses(n.dir) {
		if strings.HasPrefix(p.Home, n.dir+"/jobs/") {
			found = append(found, p)
		}
	}
	return found
}

// killSome kills the worker, one of the shims, or both, and returns the processes that must end of it.
func (n *node) killSome(all []process) (what string, victims []process) {
	n.rig.Helper()
	shims := shims(all)
	require.NotEmpty(n.rig, shims, "the shims of %v", all)
	kill := func(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) } // it may just have ended with its command
	switch rand.IntN(3) {
	case 0:
		n.kill()
		return "worker", all
	case 1:
		shim := shims[rand.IntN(len(shims))]
		victims = family(all, shim)
		kill(shim)
		return "shim", victims
	}
	for _, shim := range shims {
		kill(shim)
	}
	n.kill()
	return "both", all
}

func (r *rig) requireGone(all []process, within time.Duration, what string, values ...any) {
	r.Helper()
	left := func() (left []string) {
		for _, p := range all {
			if p.lives() {
				left = append(left, p.String())
			}
		}
		return left
	}
	if !assert.Eventually(r, func() bool { return len(left()) == 0 }, within, poll) {
		require.Empty(r, left(), append([]any{what}, values...)...)
	}
}

// TestFrozenWorkerLosesItsJobs freezes the worker of a node for longer than the leases of its jobs. Their processes are
// gone before their next attempts start elsewhere, and when the worker goes on no second result comes of it.
func TestFrozenWorkerLosesItsJobs(t *testing.T) {
	t.Parallel()
	const (
		jobs, games = 4, 250 // two on each node
		lease       = time.Minute
	)
	r := setup(t, 2)
	observed := r.observer()
	ids := r.submit("frozen", selfplay{withFamily, jobs, games, `{"pace_ms":100}`})
	frozen, other := r.withoutBus()
	victims := r.busy(frozen)
	r.busy(other)
	frozen.signal(syscall.SIGSTOP)
	began := time.Now()
	t.Cleanup(func() { frozen.signal(syscall.SIGCONT) }) // or nobody could end it

	r.requireGone(victims, spec.JobHeartbeatTimeout, "the worker of %s is frozen", frozen.name)
	gone := time.Since(began)
	moved := func() string {
		return strings.Join(r.ledger("SELECT DISTINCT job_id FROM job_attempts WHERE node = ? AND outcome <> ''", frozen.name), " ")
	}
	r.eventually(patience, func() bool {
		return moved() != "" && r.number("SELECT count(*) FROM job_attempts WHERE attempt > 1") > 0
	}, "a job starts again")
	again := time.Since(began)
	<-time.After(time.Until(began.Add(lease + 10*time.Second)))
	frozen.signal(syscall.SIGCONT)
	r.eventually(patience, func() bool { return r.unfinished() == 0 }, "the jobs end: %q", r.attempts())
	r.repair()
	r.requireGone(jobProcesses(r.dir), 10*time.Second, "the jobs are over")
	require.Empty(t, observed().Beside, "attempts beside their replacements")
	r.requireOneResultEach(jobs)
	r.requireGamesOf(ids, games)
	r.converge(jobs * games)
	t.Logf("%d processes gone %.1f s after the freeze, the first job ran again after %.1f s; attempts: %q", len(victims), gone.Seconds(), again.Seconds(), r.attempts())
}

// withoutBus returns a node that does not have the event bus, and the one that has. A frozen process keeps its port, so
// on one machine nobody could take its place.
func (r *rig) withoutBus() (free, holder *node) {
	r.Helper()
	var router spec.Info
	r.starter(&router, "info", "EVENT_ROUTER")
	for _, node := range r.nodes {
		if strings.HasPrefix(router.Worker, node.name+"-") {
			holder = node
		} else {
			free = node
		}
	}
	require.NotNil(r, holder, "who has the event bus")
	return free, holder
}
