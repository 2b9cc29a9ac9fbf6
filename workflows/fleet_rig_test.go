package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// row is a daemon of a fleet.
func row(name spec.Type, dependsOn ...spec.Type) spec.Daemon {
	return autoSync(func(d *spec.Daemon) {
		d.Type, d.DependsOn, d.Runner = name, dependsOn, "create_"+string(name)
	})
}

// perNode makes a row one copy a node.
func perNode(d spec.Daemon, roles ...spec.Role) spec.Daemon {
	d.Scope, d.Roles = spec.ScopeNode, roles
	return d
}

// diamond is BASE under LEFT and RIGHT under TOP, in startup order.
func diamond() []spec.Daemon {
	return []spec.Daemon{row("BASE"), row("LEFT", "BASE"), row("RIGHT", "BASE"), row("TOP", "LEFT", "RIGHT")}
}

func launchSupervisor(t *testing.T, carry *spec.SupervisorCarry, options ...func(*rig)) *rig {
	t.Helper()
	return launch(t, spec.SupervisorID, spec.WorkflowSupervisor, spec.SupervisorInput{Carry: carry}, options...)
}

// launchFleet brings a fleet up and lets all of it become ready.
func launchFleet(t *testing.T, rows ...spec.Daemon) *rig {
	t.Helper()
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.up(rows...)
	r.wait(time.Minute)
	for _, daemon := range rows {
		require.Equal(t, spec.PhaseRunning, r.rowOf(daemon.Type).Phase, "%s after a minute", daemon.Type)
	}
	return r
}

func (r *rig) up(rows ...spec.Daemon) {
	r.t.Helper()
	answer := r.ask(spec.UpdateUp, spec.UpRequest{Installation: "here", Daemons: rows, Actor: "alice"})
	r.wait(step)
	require.True(r.t, answer.complete, "up was not answered")
	require.NoError(r.t, answer.err)
}

// down returns what the update has answered after a minute.
func (r *rig) down() spec.DownResult {
	r.t.Helper()
	answer := r.ask(spec.UpdateDown, spec.Command{Actor: "alice"})
	r.wait(time.Minute)
	require.True(r.t, answer.complete, "down was not answered within a minute")
	require.NoError(r.t, answer.err)
	return answer.value.(spec.DownResult)
}

// orderNode removes a node or takes it back, and lets the groups follow.
func (r *rig) orderNode(id string, removed bool) {
	r.t.Helper()
	answer := r.ask(spec.UpdateNode, spec.NodeOrder{ID: id, Removed: removed})
	r.wait(time.Minute)
	require.True(r.t, answer.complete, "the order was not answered within a minute")
	require.NoError(r.t, answer.err)
}

func (r *rig) status() spec.FleetStatus {
	r.t.Helper()
	var status spec.FleetStatus
	r.query(spec.QueryStatus, &status)
	return status
}

// rowOf is what the supervisor says of a daemon.
func (r *rig) rowOf(daemon spec.Type) spec.Info {
	r.t.Helper()
	for _, info := range r.status().Daemons {
		if info.Daemon == daemon {
			return info
		}
	}
	require.FailNow(r.t, "not in the status", "%s", daemon)
	return spec.Info{}
}

// infoOf is what a child says of itself.
func (r *rig) infoOf(daemon spec.Type, node string) spec.Info {
	r.t.Helper()
	var info spec.Info
	r.queryChild(spec.WorkflowID(daemon, node), spec.QueryInfo, &info)
	return info
}

func (r *rig) queryChild(id, name string, into any) {
	r.t.Helper()
	value, err := r.env.QueryWorkflowByID(id, name)
	require.NoError(r.t, err, "query %s of %s", name, id)
	require.NoError(r.t, value.Get(into))
}

// exists says whether a child has a workflow.
func (r *rig) exists(daemon spec.Type) bool { return r.existsOn(daemon, "") }

func (r *rig) existsOn(daemon spec.Type, node string) bool {
	_, err := r.env.QueryWorkflowByID(spec.WorkflowID(daemon, node), spec.QueryInfo)
	return err == nil
}

// tell sends a verb to a child by update, and returns its answer once it has one.
func (r *rig) tell(id string, verb spec.Verb, command spec.Command) *answer {
	r.t.Helper()
	r.updates++
	answer := &answer{}
	require.NoError(r.t, r.env.UpdateWorkflowByID(id, string(verb), fmt.Sprint("update ", r.updates), answer, command))
	return answer
}

// readyChild makes the newest run of a child ready.
func (r *rig) readyChild(daemon spec.Type) {
	r.t.Helper()
	run := r.world.find(spec.WorkflowID(daemon, ""))
	require.NotNil(r.t, run, "%s does not run", daemon)
	r.world.becomeReady(run)
	r.wait(step)
}

// closeChild ends the workflow of a child as somebody with access to Temporal does.
func (r *rig) closeChild(id string) {
	r.t.Helper()
	var carry spec.Carry
	r.queryChild(id, spec.QueryCarry, &carry)
	r.world.closed[id] = carry
	r.env.CancelWorkflowByID(id, "")
	r.wait(step)
}

// started lists the daemons in the order in which they were started.
func (w *world) started() []string {
	var ids []string
	for _, r := range w.runs {
		ids = append(ids, r.id)
	}
	return ids
}
