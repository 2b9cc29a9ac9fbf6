//go:build acceptance

package acceptance

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// TestCommandStorm sends 2,000 random commands to 20 daemons, by update and by signal. Each daemon gets its
// own one after the other, so that the last intent is known.
func TestCommandStorm(t *testing.T) {
	const daemons = 20
	commands := rounds(100, 100)
	fleet := testkit.NewFleet(t, testkit.IndependentRows(daemons))
	fleet.StartNode(t, "node-1")
	fleet.Up(t)
	fleet.AwaitReady(t, patience)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	began := time.Now()
	wanted := make([]spec.Desired, daemons)
	var storm sync.WaitGroup
	for i, row := range fleet.Rows {
		storm.Go(func() {
			wanted[i] = commandAtRandom(t, fleet, row.Type, commands, rand.New(rand.NewPCG(seed, uint64(i))))
		})
	}
	storm.Wait()
	sent := time.Since(began)
	var idle []spec.Type
	for i, row := range fleet.Rows {
		if wanted[i] != spec.DesiredRun {
			idle = append(idle, row.Type)
		}
	}
	began = time.Now()
	fleet.Await(t, patience, "each daemon where its last command wants it", func(testkit.Entries) []string {
		var others []string
		for i, row := range fleet.Rows {
			if info := fleet.Info(t, row.Type); info.Desired != wanted[i] || info.Phase != resting(wanted[i]) {
				others = append(others, fmt.Sprintf("%s is %s, desired %s, wanted %s last", spec.WorkflowID(row.Type, ""), info.Phase, info.Desired, wanted[i]))
			}
		}
		return others
	})
	fleet.AwaitReady(t, patience, idle...)
	t.Logf("%d commands in %s; all settled %s after the last; %d daemons run", daemons*commands, short(sent), short(time.Since(began)), daemons-len(idle))
	require.Empty(t, fleet.Entries(t).Doubles(), "daemons that ran twice")
}

// commandAtRandom returns what the last of the commands wants.
func commandAtRandom(t testing.TB, fleet *testkit.Fleet, daemon spec.Type, commands int, random *rand.Rand) spec.Desired {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	wanted := spec.DesiredRun
	for range commands {
		verb := spec.Verbs()[random.IntN(len(spec.Verbs()))]
		var err error
		if random.IntN(2) == 0 {
			_, err = fleet.Control.Do(ctx, control.Target{Type: daemon}, verb, spec.Command{})
		} else {
			err = fleet.Server.Client().SignalWorkflow(ctx, spec.WorkflowID(daemon, ""), "", string(verb), nil)
		}
		var refused *control.RefusedError
		if err != nil && !errors.As(err, &refused) {
			t.Errorf("%s %s: %v", verb, daemon, err)
			return wanted
		}
		wanted = wants(wanted, verb)
	}
	return wanted
}

// resting is the phase in which a daemon stays that is wanted so.
func resting(desired spec.Desired) spec.Phase {
	switch desired {
	case spec.DesiredStop:
		return spec.PhaseStopped
	case spec.DesiredPause:
		return spec.PhasePaused
	}
	return spec.PhaseRunning
}

// wants is what a daemon is meant to do after a command.
func wants(before spec.Desired, verb spec.Verb) spec.Desired {
	switch verb {
	case spec.VerbStart, spec.VerbRestart:
		return spec.DesiredRun
	case spec.VerbStop:
		return spec.DesiredStop
	case spec.VerbPause:
		if before != spec.DesiredStop { // a stopped daemon refuses to be paused
			return spec.DesiredPause
		}
	case spec.VerbResume:
		if before == spec.DesiredPause {
			return spec.DesiredRun
		}
	}
	return before
}

// TestPlainSignal stops a daemon and a group as an operator does who has only the temporal CLI. They stay
// stopped when the worker and the server are restarted.
func TestPlainSignal(t *testing.T) {
	var node *testkit.Node
	h := withHistory(t, testkit.RegistryRows(t), func(fleet *testkit.Fleet) { node = fleet.StartNode(t, "node-1") })
	group, member := groupOf(t, h)
	groupType, _, _ := spec.ParseWorkflowID(group)
	single := h.single(t)
	h.idle = append(h.idle, groupType, single)
	singleID := spec.WorkflowID(single, "")
	for id, copyID := range map[string]string{group: member, singleID: singleID} {
		began := time.Now()
		signalByCLI(t, h.fleet, id, spec.VerbStop)
		took := awaitEnd(t, h.fleet, copyID, began).Sub(began)
		t.Logf("temporal workflow signal --workflow-id %s --name stop: ended after %s, with the time the command itself takes", id, short(took))
		require.Less(t, took, within(time.Second), "stop of %s", id)
	}
	for name, restart := range map[string]func(){
		"the worker drains and starts": func() { node.Drain(t); node.Start(t) },
		"the worker is killed":         func() { node.Kill(t); node.Start(t) },
		"the server is killed":         func() { h.fleet.Server.Kill(t); h.fleet.Server.Restart(t) },
	} {
		restart()
		node.AwaitWorking(t)
		h.fleet.AwaitReady(t, patience, h.idle...)
		for _, daemon := range []spec.Type{groupType, single} {
			info := h.fleet.Info(t, daemon)
			require.Equal(t, spec.DesiredStop, info.Desired, "%s: %s", name, daemon)
			require.Equal(t, spec.PhaseStopped, info.Phase, "%s: %s", name, daemon)
		}
	}
	signalByCLI(t, h.fleet, singleID, spec.VerbRestart)
	h.fleet.AwaitReady(t, patience, h.idle[:len(h.idle)-1]...)
}

// single is a busy daemon with one copy in the cluster.
func (h *history) single(t testing.TB) spec.Type {
	t.Helper()
	for _, row := range h.fleet.Rows {
		for _, busy := range h.busy {
			if row.Type == busy && row.Scope == spec.ScopeCluster {
				return busy
			}
		}
	}
	require.Fail(t, "the registry has no leaf with one copy")
	return ""
}

func signalByCLI(t testing.TB, fleet *testkit.Fleet, id string, verb spec.Verb) {
	t.Helper()
	fleet.CLI(t, "workflow", "signal", "--workflow-id", id, "--name", string(verb))
}
