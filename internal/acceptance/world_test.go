//go:build acceptance

package acceptance

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// patience bounds waits that have no bar of their own.
const patience = time.Minute

// elapse lets time pass where passing time is the point: a random moment, the length of an outage.
func elapse(d time.Duration) { <-time.After(d) }

// leaves are the daemons on which nobody depends, so that one of them can be commanded alone.
func leaves(rows []spec.Daemon) []spec.Type {
	needed := map[spec.Type]bool{}
	for _, row := range rows {
		for _, dependency := range row.DependsOn {
			needed[dependency] = true
		}
	}
	var free []spec.Type
	for _, row := range rows {
		if !needed[row.Type] {
			free = append(free, row.Type)
		}
	}
	return free
}

// do commands a daemon by update and expects it to obey.
func do(t testing.TB, fleet *testkit.Fleet, daemon spec.Type, verb spec.Verb) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := fleet.Control.Do(ctx, control.Target{Type: daemon}, verb, spec.Command{})
	require.NoError(t, err, "%s %s", verb, daemon)
}

// signal commands a daemon as an operator does, without payload, and says whether the server took it.
func signal(t testing.TB, fleet *testkit.Fleet, daemon spec.Type, verb spec.Verb) error {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	return fleet.Server.Client().SignalWorkflow(ctx, spec.WorkflowID(daemon, ""), "", string(verb), nil)
}

// awaitEnd waits for the end of a copy after a moment and returns when it was.
func awaitEnd(t testing.TB, fleet *testkit.Fleet, id string, after time.Time) time.Time {
	t.Helper()
	return awaitAct(t, fleet, id, testkit.ActEnd, after)
}

// awaitAct waits for the first act of a kind that a daemon writes down after a moment.
func awaitAct(t testing.TB, fleet *testkit.Fleet, id string, act testkit.Act, after time.Time) time.Time {
	t.Helper()
	var found testkit.Entries
	require.Eventually(t, func() bool {
		found = fleet.Entries(t).After(after).Of(id).Acts(act)
		return len(found) > 0
	}, patience, 5*time.Millisecond, "%s of %s", act, id)
	return found[0].At
}

// history is a fleet with a past: some daemons are stopped, one is paused, one has failed once, so that a
// test can see that nothing of it is forgotten.
type history struct {
	fleet *testkit.Fleet
	idle  []spec.Type // stopped or paused
	busy  []spec.Type // run, and nobody depends on them
	infos map[spec.Type]spec.Info
}

// withHistory makes rows of which one can be told to fail, brings them up and gives them a past. Nodes must
// be started by start.
func withHistory(t testing.TB, rows []spec.Daemon, start func(*testkit.Fleet)) *history {
	t.Helper()
	free := leaves(rows)
	failing, failFile := free[len(free)-1], filepath.Join(t.TempDir(), "fail")
	fleet := testkit.NewFleet(t, change(rows, failing, func(row *spec.Daemon) {
		row.Params = map[string]string{testkit.ParamFailFile: failFile}
	}))
	h := &history{fleet: fleet, idle: free[:4], busy: free[4 : len(free)-1]}
	start(fleet)
	fleet.Up(t)
	fleet.AwaitReady(t, patience)
	for _, daemon := range h.idle[:3] {
		do(t, fleet, daemon, spec.VerbStop)
	}
	do(t, fleet, h.idle[3], spec.VerbPause)
	require.NoError(t, os.WriteFile(failFile, nil, 0o600))
	awaitInfo(t, fleet, failing, func(info spec.Info) bool { return info.RestartCount == 1 && info.Phase == spec.PhaseRunning })
	fleet.AwaitReady(t, patience, h.idle...)
	h.infos = fleet.Infos(t)
	return h
}

// awaitInfo asks a daemon's workflow until it says what is expected; a workflow that is just being started
// again does not answer.
func awaitInfo(t testing.TB, fleet *testkit.Fleet, daemon spec.Type, expected func(spec.Info) bool) spec.Info {
	t.Helper()
	var info spec.Info
	fleet.Await(t, patience, "the expected state of "+string(daemon), func(testkit.Entries) []string {
		var err error
		info, err = fleet.Control.Info(t.Context(), control.Target{Type: daemon})
		if err != nil || !expected(info) {
			return []string{spec.WorkflowID(daemon, "")}
		}
		return nil
	})
	return info
}

// restartSome sends a plain restart to a few daemons and returns how often each that the server accepted
// had begun before.
func (h *history) restartSome(t testing.TB) (begun map[string]int) {
	t.Helper()
	entries := h.fleet.Entries(t)
	begun = map[string]int{}
	for range 3 {
		daemon := h.busy[rand.IntN(len(h.busy))]
		if signal(t, h.fleet, daemon, spec.VerbRestart) == nil {
			id := spec.WorkflowID(daemon, "")
			begun[id] = len(entries.Of(id).Acts(testkit.ActInit))
		}
	}
	return begun
}

// awaitBegunAnew waits until each of the daemons has begun once more.
func (h *history) awaitBegunAnew(t testing.TB, begun map[string]int) {
	t.Helper()
	h.fleet.Await(t, patience, "a new copy of each daemon that was told to restart", func(entries testkit.Entries) []string {
		var missing []string
		for id, before := range begun {
			if len(entries.Of(id).Acts(testkit.ActInit)) <= before {
				missing = append(missing, id)
			}
		}
		return missing
	})
}

// requireKept compares what the daemons' workflows know now with what they knew. Reports of readiness reach
// them at leisure, so their phases are waited for.
func (h *history) requireKept(t testing.TB) {
	t.Helper()
	for daemon, before := range h.infos {
		now := awaitInfo(t, h.fleet, daemon, func(now spec.Info) bool { return now.Ready != slices.Contains(h.idle, daemon) })
		require.Equal(t, before.Desired, now.Desired, "intent of %s", daemon)
		require.Equal(t, before.RestartCount, now.RestartCount, "spent budget of %s (last error: %s)", daemon, now.LastError)
		require.Equal(t, before.LastError, now.LastError, "last error of %s", daemon)
	}
}

// change returns the rows with one of them changed.
func change(rows []spec.Daemon, daemon spec.Type, apply func(*spec.Daemon)) []spec.Daemon {
	changed := slices.Clone(rows)
	for i := range changed {
		if changed[i].Type == daemon {
			apply(&changed[i])
		}
	}
	return changed
}
