//go:build acceptance

package process

import (
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRandomKillsLeaveNothing kills worker, shim, both or main process at a random moment, lets the next
// worker sweep and start a replacement, and looks in /proc whether any sleeper of an earlier round runs
// beside it.
func TestRandomKillsLeaveNothing(t *testing.T) {
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	dir := t.TempDir()
	words := []string{}
	killed := map[string]int{}
	for round := range rounds {
		count, err := Sweep(t.Context(), scopeOf(t, dir), 0)
		require.NoError(t, err)
		for _, word := range words {
			require.Empty(t, running(word), "round %d: an earlier round is beside its replacement", round)
		}
		word := token()
		words = append(words, word)
		if round%5 == 4 {
			killStarting(t, dir, tree("", word))
			killed["starting worker"]++
			continue
		}
		w := startWorker(t, dir, tree("", word), patience)
		waitRandom(t, 60*time.Millisecond)
		name := killOne(t, w)
		killed[name]++
		t.Logf("round %d: %s killed; %d were swept before", round, name, count)
		if name == "shim" || name == "main process" {
			require.NoError(t, w.Wait(), "the worker sees the end")
			require.Empty(t, running(word), "round %d: %s killed, and the worker saw the end", round, name)
		}
	}
	_, err := Sweep(t.Context(), scopeOf(t, dir), 0)
	require.NoError(t, err)
	for _, word := range words {
		require.Empty(t, running(word))
	}
	require.Empty(t, findCgroups(scopeOf(t, dir)))
	t.Log(killed)
}

// waitRandom lets a random part of a time pass, without which the kill would always hit the same moment.
func waitRandom(t *testing.T, most time.Duration) {
	t.Helper()
	select {
	case <-time.After(rand.N(most)):
	case <-t.Context().Done():
	}
}

// killStarting kills a worker while it starts its command, at whatever point that is.
func killStarting(t *testing.T, dir, script string) {
	t.Helper()
	command := workerCommand(dir, script, patience)
	require.NoError(t, command.Start())
	waitRandom(t, 60*time.Millisecond)
	require.NoError(t, command.Process.Kill())
	_ = command.Wait() // it was killed
}

func killOne(t *testing.T, w *worker) string {
	t.Helper()
	switch rand.IntN(4) {
	case 0:
		kill(t, w.Process.Pid, syscall.SIGKILL)
		return "worker"
	case 1:
		kill(t, w.shim, syscall.SIGKILL)
		return "shim"
	case 2:
		kill(t, w.main, syscall.SIGKILL)
		return "main process"
	}
	pids := []int{w.Process.Pid, w.shim}
	rand.Shuffle(2, func(i, j int) { pids[i], pids[j] = pids[j], pids[i] })
	for _, pid := range pids {
		kill(t, pid, syscall.SIGKILL)
	}
	return "both"
}
