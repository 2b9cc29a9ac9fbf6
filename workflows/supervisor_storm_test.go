package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Whatever happens to a fleet: once it is calm, the supervisor and the daemons say the same, nothing runs that is
// not wanted, and everything can be brought back.
func TestSupervisorInAStorm(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			rows := append(diamond(), perNode(row("SPREAD", "BASE")), row("LAST", "TOP", "SPREAD"))
			r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
			for number := range 2 {
				r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{machine(number + 1)}})
			}
			r.up(rows...)
			for range 40 {
				for range random.IntN(4) {
					r.gust(random, rows)
				}
				r.world.stopTakes = time.Duration(random.IntN(2000)) * time.Millisecond
				r.wait(time.Duration(1+random.IntN(8000)) * time.Millisecond)
			}
			r.wait(10 * time.Minute)
			r.requireAgreement()

			r.up(rows...)
			r.wait(5 * time.Second) // what is blocked is revealed, so that it can be commanded
			for _, daemon := range rows {
				r.tell(spec.WorkflowID(daemon.Type, ""), spec.VerbStart, spec.Command{})
			}
			r.wait(10 * time.Minute)
			r.requireAgreement()
			for _, daemon := range rows {
				require.Equal(t, spec.PhaseRunning, r.rowOf(daemon.Type).Phase, "%s, once it is wanted again", daemon.Type)
			}
		})
	}
}

// gust lets one random thing happen to the fleet.
func (r *rig) gust(random *rand.Rand, rows []spec.Daemon) {
	daemon := rows[random.IntN(len(rows))]
	id := spec.WorkflowID(daemon.Type, "")
	switch dice := random.IntN(20); {
	case dice == 0:
		r.ask(spec.UpdateDown, spec.Command{})
	case dice <= 2:
		r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: rows})
	case dice == 3:
		r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: rows[:2]})
	case dice <= 6:
		if run := r.world.find(id); run != nil {
			r.world.end(run, spec.RunResult{Outcome: spec.OutcomeRenew, Cause: spec.CauseWorkerLost}, nil)
		}
	case dice == 7:
		if run := r.world.find(id); run != nil {
			r.world.end(run, nil, failed("boom"))
		}
	default:
		verb := spec.Verbs()[random.IntN(len(spec.Verbs()))]
		command := spec.Command{Cascade: random.IntN(3) == 0, Reason: "storm"}
		_ = r.env.SignalWorkflowByID(id, string(verb), command) // a child that has no workflow yet cannot hear
	}
}

// requireAgreement compares what the supervisor knows with what the daemons say and with what really runs.
func (r *rig) requireAgreement() {
	r.t.Helper()
	down := r.status().Fleet == spec.FleetDown
	for _, row := range r.status().Daemons {
		if !r.exists(row.Daemon) {
			continue
		}
		own := r.infoOf(row.Daemon, "")
		require.Equal(r.t, own.Phase, row.Phase, "%s: the daemon says %s %v, the supervisor %s", row.Daemon, own.Phase, arrows(own.Transitions), row.Phase)
		if down || own.Desired != spec.DesiredRun {
			require.NotEqual(r.t, spec.PhaseRunning, own.Phase, "%s is not wanted: fleet %s, desired %s, held %t: %v", row.Daemon, r.status().Fleet, own.Desired, own.FleetDown, arrows(own.Transitions))
		}
		r.requireHosted(own)
		for _, member := range own.Members {
			if !r.existsOn(member.Daemon, member.Node) {
				require.Equal(r.t, spec.PhaseStopped, member.Phase, "%s on %s has never run", member.Daemon, member.Node)
				continue
			}
			self := r.infoOf(member.Daemon, member.Node)
			require.Equal(r.t, self.Phase, member.Phase, "%s on %s", member.Daemon, member.Node)
			r.requireHosted(self)
		}
	}
}

func (r *rig) requireHosted(own spec.Info) {
	r.t.Helper()
	if own.Kind != spec.KindGroup {
		hosted := r.world.find(spec.WorkflowID(own.Daemon, own.Node)) != nil
		require.Equal(r.t, own.Phase == spec.PhaseRunning, hosted, "%s on %q in %s runs", own.Daemon, own.Node, own.Phase)
	}
}
