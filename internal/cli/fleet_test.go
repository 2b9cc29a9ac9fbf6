package cli_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

var server testkit.SharedServer

// online is setup with a namespace of a real server, and a worker of a fleet that is not up yet.
func online(t *testing.T, fleet controltest.Fleet) *harness {
	t.Helper()
	h := setup(t)
	name, connection := server.Namespace(t)
	controltest.Serve(t, connection, fleet)
	h.Config.Namespace = name
	h.hide = append(h.hide, name, "$NAMESPACE")
	h.OpenControl = onServer
	cluster := filepath.Join(h.Config.DataDir, "cluster")
	require.NoError(t, os.MkdirAll(cluster, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(cluster, "installation"), []byte("HERE\n"), 0o644))
	return h
}

// onServer connects to the tests' server.
func onServer(ctx context.Context, config cli.Config) (*control.Client, error) {
	return control.Dial(ctx, client.Options{HostPort: server.Address(), Namespace: config.Namespace},
		control.Options{Actor: config.Operator})
}

// signal tells when something is written.
type signal chan struct{}

func (s signal) Write(text []byte) (int, error) {
	select {
	case s <- struct{}{}:
	default:
	}
	return len(text), nil
}

// TestUpWaitsForAWorker begins before there is a worker: the fleet is up once there is one.
func TestUpWaitsForAWorker(t *testing.T) {
	t.Parallel()
	h := setup(t)
	name, connection := server.Namespace(t)
	h.Config.Namespace = name
	h.OpenControl = func(ctx context.Context, config cli.Config) (*control.Client, error) {
		return control.Dial(ctx, client.Options{HostPort: server.Address(), Namespace: name}, control.Options{AnswerTimeout: time.Second})
	}
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "up"), "who does not wait is told at once")
	require.Contains(t, h.err.String(), "no worker answered")

	unanswered := make(signal, 1)
	h.Err = unanswered
	code := make(chan int, 1)
	go func() { code <- h.run(t.Context(), "up", "--wait", "--timeout", "2m") }()
	<-unanswered
	controltest.Serve(t, connection, healthy())
	require.Equal(t, cli.ExitDone, <-code)
}

// raised is online with the fleet up.
func raised(t *testing.T, fleet controltest.Fleet) *harness {
	t.Helper()
	h := online(t, fleet)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "up"), h.err.String())
	return h
}

// healthy is a fleet in which everything is ready.
func healthy() controltest.Fleet {
	var fleet controltest.Fleet
	for _, name := range []spec.Type{"EVENT_ROUTER", "DLQ_RETRY", "HEALTH_SERVER"} {
		info := running(name, "")
		fleet.Daemons = append(fleet.Daemons, controltest.Daemon{Told: info, Own: &info})
	}
	group := running("CROSS_PROCESS_POLLER", "")
	group.Kind, group.Worker, group.Epoch = spec.KindGroup, "", 0
	member := running("CROSS_PROCESS_POLLER", "node-1")
	member.Kind = spec.KindMember
	group.Members = []spec.Info{member}
	fleet.Daemons = append(fleet.Daemons, controltest.Daemon{Told: group, Own: &group, Members: group.Members})
	fleet.Nodes = []spec.Node{{ID: "node-1", Identity: "worker-1"}, {ID: "node-2", Roles: []spec.Role{spec.RoleStorage}, Identity: "worker-2"}}
	return fleet
}

// troubled is a fleet in which everything that can be shown is to be seen.
func troubled() controltest.Fleet {
	fleet := healthy()
	retry := running("DLQ_RETRY", "")
	retry.Phase, retry.Ready, retry.Cause = spec.PhaseRestarting, false, spec.CauseError
	retry.RestartCount, retry.LastError, retry.NextTryAt = 2, "connect: refused\nby nobody", now.Add(4*time.Second)
	retry.Health = spec.Health{Status: spec.HealthUnhealthy, Message: "17 dead letters wait", Findings: []string{"2 are old"}, At: now}
	retry.Restarts = map[spec.Cause]int{spec.CauseError: 2, spec.CauseDeploy: 1}
	retry.Transitions = []spec.Transition{
		{From: spec.PhaseStarting, To: spec.PhaseRunning, At: now.Add(-time.Hour)},
		{From: spec.PhaseRunning, To: spec.PhaseRunning, Refused: spec.VerbStop, Actor: "bob@desk", Reason: "HEALTH_SERVER depends on it", At: now.Add(-time.Minute)},
		{From: spec.PhaseRunning, To: spec.PhaseRestarting, Cause: spec.CauseError, Reason: "connect: refused", At: now.Add(-time.Second)},
	}
	fleet.Daemons[1].Own, fleet.Daemons[1].Told = &retry, retry
	fleet.Daemons[2] = controltest.Daemon{Told: spec.Info{
		Daemon: "HEALTH_SERVER", Kind: spec.KindDaemon, Phase: spec.PhaseBlocked, Desired: spec.DesiredRun,
		Since: now.Add(-time.Minute), BlockedOn: []spec.Type{"DLQ_RETRY"},
	}}
	member := running("CROSS_PROCESS_POLLER", "node-2")
	member.Kind, member.Phase, member.Ready, member.Desired = spec.KindMember, spec.PhasePaused, false, spec.DesiredPause
	member.Pauses = map[string]time.Time{"disk full": now.Add(10 * time.Minute), "operator": {}}
	group := *fleet.Daemons[3].Own
	group.Members = append(group.Members, spec.Info{Daemon: member.Daemon, Node: member.Node, Kind: member.Kind, Phase: member.Phase})
	fleet.Daemons[3].Own, fleet.Daemons[3].Members = &group, append(fleet.Daemons[3].Members, member)
	return fleet
}

func running(name spec.Type, node string) spec.Info {
	return spec.Info{
		Daemon: name, Node: node, Kind: spec.KindDaemon, Phase: spec.PhaseRunning, Desired: spec.DesiredRun, Ready: true,
		Since: now.Add(-90 * time.Minute), MaxRestarts: 5, Epoch: 7, Attempt: 1, Worker: "worker-1",
		Health: spec.Health{Status: spec.HealthOK, At: now},
	}
}

// TestFleet holds what is printed of a fleet that is up.
func TestFleet(t *testing.T) {
	t.Parallel()
	h := raised(t, troubled())
	for _, each := range []struct {
		name, line string
	}{
		{"up-again", "up"},
		{"up-json", "up -o json"},
		{"status", "status"},
		{"status-json", "status -o json"},
		{"nodes", "nodes"},
		{"nodes-json", "nodes -o json"},
		{"info", "info dlq-retry"},
		{"info-json", "info dlq_retry -o json"},
		{"info-group", "info CROSS_PROCESS_POLLER"},
		{"explain-running", "explain event_router"},
		{"explain-restarting", "explain dlq_retry"},
		{"explain-restarting-json", "explain dlq_retry -o json"},
		{"explain-blocked", "explain health_server"},
		{"explain-alias", "explain health_check"},
		{"explain-no-copy", "explain cross_process_poller@node-9"},
		{"refused", "stop event_router --reason refuse"},
		{"error-not-in-fleet", "stop cross_process_poller@node-9"},
		{"not-ready", "wait --ready --timeout 300ms"},
		{"stop", "stop event_router --reason maintenance --wait"},
		{"stopped", "explain event_router"},
		{"start-json", "start event_router --wait -o json"},
		{"restart", "restart event_router --wait"},
		{"pause", "pause event_router --for 30m --wait"},
		{"stop-not-in-time", "start event_router --reason hang --timeout 300ms --wait"},
		{"down", "down"},
		{"down-json", "down -o json"},
	} {
		h.golden(t, each.name, h.run(t.Context(), strings.Fields(each.line)...))
	}
}

func TestUpWaits(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	h.golden(t, "not-up", h.run(t.Context(), "status"))
	h.golden(t, "up", h.run(t.Context(), "up", "--wait"))
	h.golden(t, "wait", h.run(t.Context(), "wait", "--ready"))
	h.golden(t, "wait-unanswered", h.run(t.Context(), "wait", "--ready", "--timeout", "1ns"))
}

// A daemon that the operator has stopped is not waited for.
func TestUpLeavesStoppedDaemons(t *testing.T) {
	t.Parallel()
	fleet := healthy()
	fleet.Daemons[1].Told.Phase, fleet.Daemons[1].Told.Ready = spec.PhaseStarting, false
	h := raised(t, fleet)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "stop", "dlq_retry", "--wait"), h.err.String())
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "up", "--wait", "--timeout", "5s"), h.err.String())
	require.Equal(t, cli.ExitNotReady, h.run(t.Context(), "wait", "--ready", "dlq_retry", "--timeout", "300ms"), "unless it is named")
}

func TestUpOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	path := filepath.Join(h.Config.DataDir, "cluster", "installation")
	require.NoError(t, os.WriteFile(path, []byte(controltest.Refuse), 0o644))
	require.Equal(t, cli.ExitRefused, h.run(t.Context(), "up"), h.err.String())
}

// The id is made once, however many make it at once, and a folder that cannot be written is told.
func TestInstallation(t *testing.T) {
	t.Parallel()
	h := online(t, healthy())
	h.Config.ClusterDir = filepath.Join(h.Config.DataDir, "elsewhere", "cluster")
	var group sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		each := *h
		each.Out, each.Err = &each.out, &each.err
		each.System.Out, each.System.Err = &each.out, &each.err
		group.Go(func() {
			each.run(t.Context(), "up", "-o", "json")
			var report struct{ Installation string }
			if json.Unmarshal(each.out.Bytes(), &report) == nil {
				ids[i] = report.Installation
			}
		})
	}
	group.Wait()
	require.NotEmpty(t, ids[0])
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	h.Config.ClusterDir = filepath.Join(h.Config.ClusterDir, "installation", "below-a-file")
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "up"))
	require.Contains(t, h.err.String(), "CLUSTER_DIR")
}
