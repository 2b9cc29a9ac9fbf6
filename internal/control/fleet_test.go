package control_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// server is shared by the tests that do not take it away.
var server testkit.SharedServer

const (
	router  = spec.Type("EVENT_ROUTER")  // answers
	poller  = spec.Type("POLLER")        // has no workflow, though it should
	blocked = spec.Type("AUTO_SYNC")     // waits; only the supervisor knows
	failed  = spec.Type("HEALTH_SERVER") // failed for good
)

func fleetOfFour() controltest.Fleet {
	running := spec.Info{Daemon: router, Kind: spec.KindDaemon, Phase: spec.PhaseRunning, Desired: spec.DesiredRun, Ready: true}
	return controltest.Fleet{Daemons: []controltest.Daemon{
		{Told: spec.Info{Daemon: router, Phase: spec.PhaseStarting, Desired: spec.DesiredRun}, Own: &running},
		{Told: spec.Info{Daemon: poller, Phase: spec.PhaseStarting, Desired: spec.DesiredRun}},
		{Told: spec.Info{Daemon: blocked, Phase: spec.PhaseBlocked, Desired: spec.DesiredRun, BlockedOn: []spec.Type{poller}}},
		{Told: spec.Info{Daemon: failed, Phase: spec.PhaseFailed, Desired: spec.DesiredRun}},
	}}
}

// setup returns a client of a fleet in a namespace of its own, whose worker runs and which is up.
func setup(t *testing.T) (*control.Client, client.Client) {
	t.Helper()
	name, connection := server.Namespace(t)
	controltest.Serve(t, connection, fleetOfFour())
	fleet := control.New(connection, control.Options{Actor: "tester", Namespace: name})
	status, err := fleet.Up(t.Context(), request("here"))
	require.NoError(t, err)
	require.Equal(t, spec.FleetUp, status.Fleet)
	return fleet, connection
}

func request(installation string) spec.UpRequest {
	return spec.UpRequest{Installation: installation, Daemons: []spec.Daemon{{Type: router}}}
}

func TestStatusAsksTheDaemonsThemselves(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	status, err := fleet.Status(t.Context())
	require.NoError(t, err)
	require.Equal(t, "here by tester", status.Installation, "the actor of up")
	rows := map[spec.Type]spec.Info{}
	for _, row := range status.Daemons {
		rows[row.Daemon] = row
	}
	require.Equal(t, spec.PhaseRunning, rows[router].Phase, "a daemon that answers speaks for itself")
	require.Equal(t, spec.PhaseStarting, rows[poller].Phase, "a silent daemon keeps the supervisor's row")
	require.Equal(t, spec.HealthUnknown, rows[poller].Health.Status)
	require.Contains(t, rows[poller].Health.Message, "as the supervisor last heard")
	require.Equal(t, []spec.Type{poller}, rows[blocked].BlockedOn)
	require.Empty(t, rows[blocked].Health.Message, "a blocked daemon is not expected to answer")
}

func TestUpRefusesAnotherInstallation(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	_, err := fleet.Up(t.Context(), request(controltest.Refuse))
	var refused *control.RefusedError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "up refused: "+controltest.Refusal, err.Error())
}

func TestDownTellsEachOutcome(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	result, err := fleet.Down(t.Context(), spec.Command{})
	require.NoError(t, err)
	require.Len(t, result.Outcomes, 4)
	require.Equal(t, spec.DaemonStop{Daemon: router, Outcome: spec.StopClean}, result.Outcomes[0])
}

func TestNotUp(t *testing.T) {
	t.Parallel()
	name, connection := server.Namespace(t)
	fleet := control.New(connection, control.Options{Namespace: name})
	requireNotUp(t, fleet, name)
}

// A supervisor that was terminated would still answer queries, with the state in which it died.
func TestTerminatedSupervisorIsNotUp(t *testing.T) {
	t.Parallel()
	fleet, connection := setup(t)
	require.NoError(t, connection.TerminateWorkflow(t.Context(), spec.SupervisorID, "", "test"))
	_, err := fleet.Status(t.Context())
	var notUp *control.NotUpError
	require.ErrorAs(t, err, &notUp)
}

func requireNotUp(t *testing.T, fleet *control.Client, namespace string) {
	t.Helper()
	want := fmt.Sprintf("the fleet of namespace %q is not up: run `starter up`", namespace)
	acts := map[string]func() error{
		"status": func() error { _, err := fleet.Status(t.Context()); return err },
		"down":   func() error { _, err := fleet.Down(t.Context(), spec.Command{}); return err },
		"info":   func() error { _, err := fleet.Info(t.Context(), control.Target{Type: router}); return err },
		"stop": func() error {
			_, err := fleet.Do(t.Context(), control.Target{Type: router}, spec.VerbStop, spec.Command{})
			return err
		},
	}
	for name, act := range acts {
		require.EqualError(t, act(), want, name)
	}
}

func TestNoWorker(t *testing.T) {
	t.Parallel()
	name, connection := server.Namespace(t)
	fleet := control.New(connection, control.Options{Namespace: name, AnswerTimeout: time.Second})
	var silent *control.NoWorkerError
	begin := time.Now()
	_, err := fleet.Up(t.Context(), request("here"))
	require.ErrorAs(t, err, &silent, "up")
	_, err = fleet.Status(t.Context())
	require.ErrorAs(t, err, &silent, "status")
	require.Less(t, time.Since(begin), 5*time.Second, "the wait is bounded")
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	_, err := control.Dial(t.Context(), client.Options{HostPort: "127.0.0.1:1"}, control.Options{})
	require.Less(t, time.Since(begin), 5*time.Second)
	require.EqualError(t, err, "Temporal at 127.0.0.1:1 does not answer (dial tcp 127.0.0.1:1: connect: connection refused): start it with `make up`, or set TEMPORAL_ADDRESS")
}

func TestNoNamespace(t *testing.T) {
	t.Parallel()
	server.Namespace(t)
	fleet, err := control.Dial(t.Context(), client.Options{HostPort: server.Address(), Namespace: "nowhere"}, control.Options{})
	require.NoError(t, err)
	defer fleet.Close()
	_, err = fleet.Status(t.Context())
	var missing *control.NoNamespaceError
	require.ErrorAs(t, err, &missing)
}

// A server that dies in the middle of a command ends the command, with a text that does not claim to
// know whether it was carried out.
func TestServerDiesDuringCommand(t *testing.T) {
	t.Parallel()
	own := testkit.StartServer(t)
	connection := own.Dial(t, client.Options{})
	controltest.Serve(t, connection, fleetOfFour())
	fleet := control.New(connection, control.Options{Address: own.Address(), ServerTimeout: time.Second})
	_, err := fleet.Up(t.Context(), request("here"))
	require.NoError(t, err)
	outcome := make(chan error, 1)
	go func() {
		_, err := fleet.Do(context.WithoutCancel(t.Context()), control.Target{Type: router}, spec.VerbRestart, spec.Command{Reason: controltest.Hang})
		outcome <- err
	}()
	requireAccepted(t, connection)
	own.Kill(t)
	select {
	case err := <-outcome:
		var gone *control.NoServerError
		require.ErrorAs(t, err, &gone)
		require.Contains(t, err.Error(), "went away during restart EVENT_ROUTER")
	case <-time.After(10 * time.Second):
		t.Fatal("the command did not notice within 10 s that its server is gone")
	}
}

// requireAccepted waits until the router's history holds an accepted update.
func requireAccepted(t *testing.T, connection client.Client) {
	t.Helper()
	id := control.Target{Type: router}.WorkflowID()
	require.Eventually(t, func() bool {
		events := connection.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			event, err := events.Next()
			require.NoError(t, err)
			if event.EventType == enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED {
				return true
			}
		}
		return false
	}, 10*time.Second, 20*time.Millisecond, "the command was accepted")
}
