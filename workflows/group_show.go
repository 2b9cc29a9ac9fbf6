package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// show makes the group's phase the one its members add up to, and tells the parent.
func (g *group) show(ctx workflow.Context) {
	phase, reason := g.phase()
	wasReady := g.link.told.Ready()
	g.log.enter(ctx, phase, "", g.actor, reason, 0)
	g.link.tell(ctx, spec.Notice{Phase: phase, Reason: reason})
	if phase != spec.PhaseRunning || wasReady || g.in.Parent == "" {
		return
	}
	g.actor, g.reason = "", ""
	ready := spec.ReadyNotice{ID: g.self, Epoch: workflow.Now(ctx).UnixNano()}
	g.link.send(ctx, spec.SignalReady, spec.ReadyList{Ready: []spec.ReadyNotice{ready}})
}

// severity orders the phases of members: the group shows the worst.
var severity = []spec.Phase{
	spec.PhaseFailed, spec.PhaseProbing, spec.PhaseRestarting, spec.PhaseStopping, spec.PhaseStarting,
	spec.PhaseBlocked, spec.PhasePaused, spec.PhaseStopped, spec.PhaseDisabled, spec.PhaseRunning, spec.PhaseCompleted,
}

func (g *group) phase() (spec.Phase, string) {
	worst, reason, present := len(severity), "", 0
	g.family.each(func(c *child) {
		for rank, phase := range severity {
			if c.wanted && c.Phase == phase && !g.restsAlone(c) {
				present++
				if rank < worst {
					worst, reason = rank, c.Reason
				}
			}
		}
	})
	switch {
	case present == 0 && (g.fleetDown || g.intent.desired() == spec.DesiredStop):
		return spec.PhaseStopped, g.reason
	case present == 0 && g.family.any(g.restsAlone):
		return spec.PhaseStopped, "every member was stopped on its own"
	case present == 0:
		return spec.PhaseUnavailable, "no node with a worker may host it"
	case severity[worst] == spec.PhaseStopped && !g.fleetDown && g.intent.desired() == spec.DesiredRun:
		if g.cleared {
			return spec.PhaseStarting, ""
		}
		return spec.PhaseBlocked, "waits for its dependencies"
	case severity[worst] == spec.PhaseStopped && g.reason != "":
		return spec.PhaseStopped, g.reason
	}
	return severity[worst], reason
}

// restsAlone says whether a member was stopped or paused although the group is to run. It does not count
// for the group.
func (g *group) restsAlone(c *child) bool {
	return !g.fleetDown && g.intent.desired() == spec.DesiredRun && (c.Desired == spec.DesiredStop || c.Desired == spec.DesiredPause)
}

func (g *group) info() spec.Info {
	info := spec.Info{
		Daemon: g.in.Spec.Type, Kind: spec.KindGroup, Phase: g.log.phase, Desired: g.intent.desired(),
		Ready: g.log.phase.Ready(), Since: g.log.since, Actor: g.log.actor, Reason: g.log.reason,
		MaxRestarts: g.in.Spec.MaxRestarts, BlockedOn: g.blockedOn, Pauses: g.intent.pauses, Refused: g.log.refused,
		Transitions: g.log.kept, FleetDown: g.fleetDown, Program: g.in.Spec.Program.Digest(), Health: spec.Health{Status: spec.HealthUnknown},
	}
	g.family.each(func(c *child) { info.Members = append(info.Members, memberInfo(g.in.Spec, c)) })
	return info
}

func memberInfo(daemon spec.Daemon, c *child) spec.Info {
	return spec.Info{
		Daemon: daemon.Type, Node: c.input.Node, Kind: spec.KindMember, Phase: c.Phase, Ready: c.ready(),
		Since: c.Since, Reason: c.Reason, MaxRestarts: daemon.MaxRestarts, Epoch: c.Epoch, Worker: c.Worker,
		Program: daemon.Program.Digest(), Health: spec.Health{Status: spec.HealthUnknown},
	}
}

func (g *group) carry() spec.Carry {
	return spec.Carry{
		Desired: g.intent.desired(), Pauses: g.intent.pauses, Seq: g.log.seq, Phase: g.log.phase, Since: g.log.since,
		Transitions: g.log.kept, Epochs: g.family.epochs(),
	}
}

func (g *group) details() string {
	text := fmt.Sprintf("**%s** since %s, desired %s", g.log.phase, g.log.since.UTC().Format(time.RFC3339), g.intent.desired())
	g.family.each(func(c *child) { text += fmt.Sprintf("\n\n- %s: %s", c.ID, c.Phase) })
	if g.log.refused != "" {
		text += "\n\nrefused: " + g.log.refused
	}
	return text
}
