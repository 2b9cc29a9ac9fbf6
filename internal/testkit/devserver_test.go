package testkit_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

var shared testkit.SharedServer

func TestServerKeepsWorkflowsOverKill(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	server := testkit.StartServer(t)
	first := server.PID()
	startWorkflow(t, server.Client(), "kept")

	server.Kill(t)
	_, err := net.DialTimeout("tcp", server.Address(), time.Second)
	require.Error(t, err, "a killed server must not serve")

	server.Restart(t)
	require.NotEqual(t, first, server.PID(), "a restart is a new process")
	kept, err := server.Client().DescribeWorkflowExecution(ctx, "kept", "")
	require.NoError(t, err)
	require.Equal(t, "daemons", kept.GetWorkflowExecutionInfo().GetTaskQueue())
}

func TestServerEndsWithTheTestBinary(t *testing.T) {
	t.Parallel()
	if report := os.Getenv("TESTKIT_REPORT"); report != "" {
		server := testkit.StartServer(t)
		require.NoError(t, os.WriteFile(report, []byte(strconv.Itoa(server.PID())), 0o600))
		<-t.Context().Done()
		return
	}
	report := filepath.Join(t.TempDir(), "pid")
	child := exec.Command(os.Args[0], "-test.run=^TestServerEndsWithTheTestBinary$")
	child.Env = append(os.Environ(), "TESTKIT_REPORT="+report)
	require.NoError(t, child.Start())
	pid := 0
	reported := assertEventually(func() bool {
		text, err := os.ReadFile(report)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil && pid > 0
	})
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // it was killed; that is the point
	require.True(t, reported, "the child must start its server")
	require.Eventually(t, func() bool { return !running(pid) }, 10*time.Second, 20*time.Millisecond,
		"server %d must die with the test binary that started it", pid)
}

func TestSharedServerKeepsTestsApart(t *testing.T) {
	t.Parallel()
	one, first := shared.Namespace(t)
	two, second := shared.Namespace(t)
	require.NotEqual(t, one, two)
	startWorkflow(t, first, "mine")
	_, err := second.DescribeWorkflowExecution(t.Context(), "mine", "")
	require.Error(t, err, "a workflow of %s must not be seen in %s", one, two)
}

func TestServersHaveTheSearchAttributes(t *testing.T) {
	t.Parallel()
	name, c := shared.Namespace(t)
	known, err := c.OperatorService().ListSearchAttributes(t.Context(), &operatorservice.ListSearchAttributesRequest{Namespace: name})
	require.NoError(t, err)
	for attribute, indexed := range spec.SearchAttributes() {
		require.Equal(t, string(indexed), known.GetCustomAttributes()[attribute].String(), "type of %s", attribute)
	}
	_, err = c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: name, Query: "DaemonPhase = 'RUNNING' AND DaemonCritical = true",
	})
	require.NoError(t, err, "they must be usable at once")
}

// Clients give up all the time: a query times out, a worker is killed, a poll is cancelled. What the server was asking its
// one connection to the database at that moment must not be what every later question is answered with.
func TestServerOutlivesCancelledRequests(t *testing.T) {
	t.Parallel()
	server := testkit.StartServer(t)
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			for call := range 1000 {
				giveUp(t.Context(), server.Client(), fmt.Sprintf("cut-%d-%d", caller, call))
			}
		})
	}
	callers.Wait()
	startWorkflow(t, server.Client(), "after")
}

// giveUp asks the server three things with too little time for most of them. What comes of it is of no interest.
func giveUp(ctx context.Context, c client.Client, id string) {
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "daemons"}, "Idle")
			return err
		},
		func(ctx context.Context) error { return c.SignalWorkflow(ctx, id, "", "stop", nil) },
		func(ctx context.Context) error {
			_, err := c.WorkflowService().ListNamespaces(ctx, &workflowservice.ListNamespacesRequest{})
			return err
		},
	} {
		cut, cancel := context.WithTimeout(ctx, 200*time.Microsecond+rand.N(5*time.Millisecond))
		_ = ask(cut)
		cancel()
	}
}

func startWorkflow(t *testing.T, c client.Client, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: "daemons"}, "Idle")
	require.NoError(t, err, "start workflow %s", id)
}

// running tells a live process from a dead one that nobody has reaped yet.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(status), ") Z ")
}

func assertEventually(condition func() bool) bool {
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for !condition() {
		select {
		case <-deadline.C:
			return false
		case <-retry.C:
		}
	}
	return true
}
