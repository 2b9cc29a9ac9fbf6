package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// program is the row of a command daemon.
func program(name spec.Type, command string, dependsOn ...spec.Type) spec.Daemon {
	daemon := row(name, dependsOn...)
	daemon.Program = &spec.Program{
		Name: string(name), Kind: spec.ProgramService, Command: []string{command},
		Environment: map[string]string{"A": "1", "B": "2"}, SuccessCodes: []int{0},
	}
	return daemon
}

func oneShot(name spec.Type, command string, dependsOn ...spec.Type) spec.Daemon {
	daemon := program(name, command, dependsOn...)
	daemon.Program.Kind = spec.ProgramOneShot
	return daemon
}

func TestChangedProgramIsRestartedAndNothingElse(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"), program("WEB", "web", "DB"), program("MAIL", "mail"))
	r.up(program("DB", "db"), program("WEB", "web --fast", "DB"), program("MAIL", "mail"))
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/DB", "daemon/WEB", "daemon/MAIL", "daemon/WEB"}, inTurn(r.world.started()))
	require.Equal(t, []string{"web --fast"}, r.run().Spec.Program.Command)
	require.Equal(t, spec.PhaseRunning, r.rowOf("WEB").Phase)
	require.Equal(t, "its program has changed", r.infoOf("WEB", "").Transitions[2].Reason)
	require.Zero(t, r.infoOf("WEB", "").RestartCount, "it costs no budget")
}

// left says that a child's workflow has ended.
func (r *rig) left(id string) bool {
	return r.env.SignalWorkflowByID(id, spec.SignalAnswer, spec.PermissionAnswer{}) != nil
}

// inTurn puts MAIL third: of the first three, which started at once, nothing orders it against the others.
func inTurn(started []string) []string {
	const mail = "daemon/MAIL"
	if at := slices.Index(started[:3], mail); at >= 0 {
		started = slices.Insert(slices.Delete(slices.Clone(started), at, at+1), 2, mail)
	}
	return started
}

func TestChangedProgramWaitsForAChangedDependency(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"), program("WEB", "web", "DB"))
	r.world.lively = false
	r.up(program("DB", "db 2"), program("WEB", "web 2", "DB"))
	r.wait(time.Minute)
	require.Len(t, r.world.runs, 3, "only the dependency begins anew")
	require.Equal(t, []string{"db 2"}, r.run().Spec.Program.Command)
	require.Equal(t, spec.PhaseRunning, r.infoOf("WEB", "").Phase, "the old one runs on meanwhile")
	r.readyChild("DB")
	r.wait(time.Minute)
	require.Equal(t, []string{"web 2"}, r.requireRuns(4).Spec.Program.Command)
	r.readyChild("WEB")
	require.Equal(t, spec.PhaseRunning, r.rowOf("WEB").Phase)
}

func TestChangedProgramWaitsForAChangedDependencyFurtherAway(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"), program("API", "api", "DB"), program("WEB", "web", "API"))
	r.world.lively = false
	r.up(program("DB", "db 2"), program("API", "api", "DB"), program("WEB", "web 2", "API"))
	r.wait(time.Minute)
	require.Equal(t, []string{"db 2"}, r.requireRuns(4).Spec.Program.Command, "only the dependency begins anew")
	require.Equal(t, spec.PhaseRunning, r.infoOf("WEB", "").Phase, "the old one runs on meanwhile")
	require.False(t, r.rowOf("WEB").Ready, "it is not what is wanted")
	r.readyChild("DB")
	r.wait(time.Minute)
	require.Equal(t, []string{"web 2"}, r.requireRuns(5).Spec.Program.Command)
}

func TestChangedProgramOfADaemonThatHasFailedIsTried(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(program("DB", "bd"))
	r.world.end(r.world.find("daemon/DB"), nil, configError("no such program"))
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseFailed, r.rowOf("DB").Phase)
	r.up(program("DB", "db"))
	r.wait(time.Minute)
	require.Equal(t, []string{"db"}, r.requireRuns(2).Spec.Program.Command)
}

func TestChangedProgramOfAStoppedDaemonStaysStopped(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"))
	r.tell("daemon/DB", spec.VerbStop, spec.Command{})
	r.wait(time.Minute)
	r.up(program("DB", "db 2"))
	r.wait(time.Minute)
	r.requireRuns(1)
	r.tell("daemon/DB", spec.VerbStart, spec.Command{})
	r.wait(time.Minute)
	require.Equal(t, []string{"db 2"}, r.requireRuns(2).Spec.Program.Command)
}

func TestSupervisorThatIsBackFindsOutdatedPrograms(t *testing.T) {
	t.Parallel()
	carry := &spec.SupervisorCarry{
		Fleet: spec.FleetUp, Request: spec.UpRequest{Installation: "here", Daemons: []spec.Daemon{program("DB", "db 2")}},
	}
	r := launchSupervisor(t, carry, func(r *rig) {
		r.world.answers = func(sent) bool { return true }
		r.world.running = []spec.Row{{
			ID: "daemon/DB", Phase: spec.PhaseRunning, Epoch: 7, Worker: workerName, Existing: true,
			Program: program("DB", "db").Program.Digest(),
		}}
	})
	r.wait(time.Minute)
	require.Equal(t, []string{spec.SignalClear}, r.sentNames(), "it is given its new program")
}

func TestOneShotRunsOnceEachTimeTheFleetComesUp(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	fleet := []spec.Daemon{oneShot("MIGRATION", "migrate"), program("WEB", "web", "MIGRATION")}
	r.up(fleet...)
	require.Len(t, r.world.runs, 1)
	r.world.end(r.world.find("daemon/MIGRATION"), spec.RunResult{Outcome: spec.OutcomeCompleted}, nil)
	r.wait(time.Minute)
	require.Equal(t, spec.PhaseCompleted, r.rowOf("MIGRATION").Phase)
	r.readyChild("WEB")
	r.up(fleet...)
	r.wait(time.Minute)
	require.Len(t, r.world.runs, 2, "it has run")

	r.down()
	r.up(fleet...)
	r.wait(time.Minute)
	require.Equal(t, "daemon/MIGRATION", r.world.started()[2])
	require.Len(t, r.world.runs, 3, "what depends on it waits for it again")
}

func TestStopSeesDependentsBehindACompletedOneShot(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil)
	r.up(program("POSTGRES", "postgres"), oneShot("MIGRATE", "migrate", "POSTGRES"), program("WEB", "web", "MIGRATE"))
	r.readyChild("POSTGRES")
	r.wait(step)
	r.world.end(r.world.find("daemon/MIGRATE"), spec.RunResult{Outcome: spec.OutcomeCompleted}, nil)
	r.wait(time.Minute)
	r.readyChild("WEB")
	require.Equal(t, spec.PhaseCompleted, r.rowOf("MIGRATE").Phase)

	answer := r.tell("daemon/POSTGRES", spec.VerbStop, byAlice)
	r.wait(step)
	requireRefused(t, answer.err, "WEB run and depend on it")
	require.NotContains(t, answer.err.Error(), "MIGRATE", "it does not run")
	require.Equal(t, spec.PhaseRunning, r.infoOf("POSTGRES", "").Phase)

	answer = r.tell("daemon/POSTGRES", spec.VerbStop, spec.Command{Cascade: true})
	r.wait(time.Minute)
	require.NoError(t, answer.err)
	require.Equal(t, []spec.Type{"WEB"}, answer.value.(spec.CommandResult).Touched)
	require.Equal(t, []string{"daemon/WEB", "daemon/POSTGRES"}, r.world.ends[len(r.world.ends)-2:])
}

func TestRemovedProgramsAreStoppedInOrderAndForgotten(t *testing.T) {
	t.Parallel()
	r := launchFleet(t, program("DB", "db"), program("WEB", "web", "DB"), program("MAIL", "mail"))
	r.up(program("MAIL", "mail"))
	r.wait(time.Minute)
	require.Equal(t, []string{"daemon/WEB", "daemon/DB"}, r.world.ends)
	require.Len(t, r.status().Daemons, 1)
	require.Equal(t, spec.PhaseRunning, r.infoOf("MAIL", "").Phase)
	for _, gone := range []spec.Type{"DB", "WEB"} {
		require.True(t, r.left(spec.WorkflowID(gone, "")), "%s has no workflow any more", gone)
	}
}

func TestRemovedProgramOnEveryNodeIsForgottenWithItsMembers(t *testing.T) {
	t.Parallel()
	r := launchSupervisor(t, nil, func(r *rig) { r.world.lively = true })
	r.signal(spec.SignalNode, spec.NodeNotice{Nodes: []spec.Node{{ID: "node-1", Identity: workerName}}})
	r.up(perNode(program("AGENT", "agent")), program("MAIL", "mail"))
	r.wait(time.Minute)
	require.True(t, r.existsOn("AGENT", "node-1"))
	r.up(program("MAIL", "mail"))
	r.wait(time.Minute)
	require.Len(t, r.status().Daemons, 1)
	require.Equal(t, []string{"daemon/AGENT@node-1"}, r.world.ends)
}
