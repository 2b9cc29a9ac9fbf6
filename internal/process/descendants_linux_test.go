package process

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryDescendantEnds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		end    func(*testing.T, *Process)
		cause  Cause
		script string
	}{
		{"the main process exits", func(t *testing.T, p *Process) { kill(t, p.PID(), syscall.SIGTERM) }, CauseSignalled, hiding},
		{"stop", func(_ *testing.T, p *Process) { p.Stop(100 * time.Millisecond) }, CauseStopped, hiding},
		{"stop without grace", func(_ *testing.T, p *Process) { p.Stop(0) }, CauseStopped, hiding},
		{"the shim gets SIGTERM", func(t *testing.T, p *Process) { kill(t, p.shim.Process.Pid, syscall.SIGTERM) }, CauseStopped, hiding},
		{"the shim is killed", func(t *testing.T, p *Process) { kill(t, p.shim.Process.Pid, syscall.SIGKILL) }, CauseShimLost, ""},
		{"the shim is frozen", func(t *testing.T, p *Process) { kill(t, p.shim.Process.Pid, syscall.SIGSTOP) }, CauseShimLost, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			word := token()
			command := shell(t, tree(c.script, word))
			command.Beat, command.Silence = 100*time.Millisecond, 4*time.Second // a busy machine is silent for a while too
			p := begin(t, command)
			awaitCount(t, word, treeSize+strings.Count(c.script, "sleep"), c.name)
			c.end(t, p)
			exit := p.Wait()
			require.Empty(t, running(word), "when Wait returns, nothing is left: %s", exit)
			require.Equal(t, c.cause, exit.Cause, exit.String())
		})
	}
}

func TestExitOfTheMainProcessEndsStragglers(t *testing.T) {
	t.Parallel()
	word := token()
	exit, _ := run(t, "setsid sleep "+word+" & sleep "+word+" & exit 3")
	require.Empty(t, running(word), exit.String())
	require.Equal(t, CauseExited, exit.Cause)
	require.Equal(t, 3, exit.Code, "stragglers do not change the exit code")
	require.Equal(t, 2, exit.Stragglers)
	require.False(t, exit.Forced, "they hear SIGTERM")
}

func TestCancelledContextStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	p, err := Start(ctx, shell(t, "exec sleep "+token()))
	require.NoError(t, err)
	cancel()
	exit := p.Wait()
	require.Equal(t, CauseStopped, exit.Cause, exit.String())
	require.Equal(t, syscall.SIGTERM, exit.Signal)
	require.Contains(t, exit.Detail, "context canceled")
}

func TestProcessThatIgnoresTheStopSignalIsKilled(t *testing.T) {
	t.Parallel()
	word := token()
	p := begin(t, shell(t, "trap '' TERM; sleep "+word+" & while :; do wait; done"))
	awaitCount(t, word, 1, "start")
	p.Stop(time.Hour)
	p.Stop(300 * time.Millisecond)
	p.Stop(time.Hour)
	exit := p.Wait()
	require.True(t, exit.Forced, exit.String())
	require.Equal(t, KillerShim, exit.Killer, exit.String())
	require.Equal(t, CauseStopped, exit.Cause)
	require.GreaterOrEqual(t, exit.Ended.Sub(exit.Started), 300*time.Millisecond, "the grace is given")
	require.Empty(t, running(word))
}

func TestStoppedProcessHearsTheStopSignal(t *testing.T) {
	t.Parallel()
	word := token()
	command := shell(t, "trap 'exit 30' TERM; sleep "+word+" & while :; do wait; done")
	p := begin(t, command)
	awaitCount(t, word, 1, "start")
	kill(t, p.PID(), syscall.SIGSTOP)
	p.Stop(patience)
	exit := p.Wait()
	require.Equal(t, 30, exit.Code, exit.String())
	require.False(t, exit.Forced)
}

func TestDeadWorkerLeavesNothing(t *testing.T) {
	t.Parallel()
	word, dir := token(), t.TempDir()
	w := startWorker(t, dir, tree(hiding, word), patience)
	awaitCount(t, word, treeSize+2, "start")
	kill(t, w.Process.Pid, syscall.SIGKILL)
	awaitNone(t, word, "the worker was killed")
	requireGone(t, w.shim)
}

func TestFrozenWorkerLeavesNothing(t *testing.T) {
	t.Parallel()
	const silence = 4 * time.Second
	word, dir := token(), t.TempDir()
	w := startWorker(t, dir, tree("", word), silence)
	awaitCount(t, word, treeSize, "start")
	frozen := time.Now()
	kill(t, w.Process.Pid, syscall.SIGSTOP)
	awaitNone(t, word, "the worker was frozen")
	took := time.Since(frozen)
	require.Greater(t, took, silence*3/4, "a worker may be late within the limit")
	require.Less(t, took, 2*silence, "the limit and the grace")
	requireGone(t, w.shim)
	kill(t, w.Process.Pid, syscall.SIGCONT)
	require.NoError(t, w.Wait(), "the worker goes on")
}

func TestSweepEndsWhatBothHaveLeft(t *testing.T) {
	t.Parallel()
	word, dir := token(), t.TempDir()
	w := startWorker(t, dir, tree("", word), patience)
	awaitCount(t, word, treeSize, "start")
	other := token()
	spared := begin(t, shell(t, "exec sleep "+other))

	kill(t, w.Process.Pid, syscall.SIGSTOP) // or it would act between the two
	kill(t, w.shim, syscall.SIGKILL)
	kill(t, w.Process.Pid, syscall.SIGKILL)
	require.Eventually(t, func() bool { return len(sleepers(word)) == treeSize-1 }, patience, poll,
		"the main process dies with the shim, the others run on: %v", running(word))
	count, err := Sweep(t.Context(), scopeOf(t, dir), 100*time.Millisecond)
	require.NoError(t, err)
	require.GreaterOrEqual(t, count, treeSize-1)
	require.Empty(t, running(word))
	require.Len(t, running(other), 1, "another scope is not touched")
	count, err = Sweep(t.Context(), spared.Marker()+"x", 0)
	require.NoError(t, err)
	require.Zero(t, count, "a marker that only begins alike is another one")
}

// TestSweepFindsWhatHides is exact about what remains where no control group can be made.
func TestSweepFindsWhatHides(t *testing.T) {
	t.Parallel()
	word := token()
	command := shell(t, tree(hiding, word))
	p := begin(t, command)
	awaitCount(t, word, treeSize+2, "start")
	remains := 0
	if len(findCgroups(p.Marker())) == 0 {
		remains = 2 // those that have no environment, and now no parents
	}
	kill(t, p.shim.Process.Pid, syscall.SIGKILL)
	require.Equal(t, CauseShimLost, p.Wait().Cause)
	left := sleepers(word)
	require.Len(t, left, remains, "%v", left)
	for _, one := range left {
		var pid int
		_, err := fmt.Sscan(strings.ReplaceAll(one, ":", " "), &pid)
		require.NoError(t, err)
		kill(t, pid, syscall.SIGKILL)
	}
	require.Empty(t, findCgroups(command.Scope), "the group is removed")
}

func requireGone(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		one, found := readEntry(pid, make([]byte, statSize))
		return !found || !one.alive()
	}, patience, poll, "shim %d still runs", pid)
}
