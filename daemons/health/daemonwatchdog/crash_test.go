package daemonwatchdog_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Names in the environment of a child, which is this test binary again.
const (
	childBus   = "WATCHDOG_TEST_BUS"
	childHook  = "WATCHDOG_TEST_HOOK"
	childEpoch = "WATCHDOG_TEST_EPOCH"
)

// TestChild is one round of a watchdog in a process of its own.
func TestChild(t *testing.T) {
	address := os.Getenv(childBus)
	if address == "" {
		return // it is no test of its own: TestKilledInTheMiddle runs it as a child
	}
	epoch, err := strconv.ParseInt(os.Getenv(childEpoch), 10, 64)
	require.NoError(t, err)
	r := setupOn(t, bustest.Connect(t, address, patient), func(c *daemonwatchdog.Config) { c.WebhookURL = os.Getenv(childHook) })
	r.epoch = epoch
	r.restart()
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.look(0)
}

// TestKilledInTheMiddle kills the watchdog twice with SIGKILL, each time after it has saved what it is going to
// tell and before anybody has confirmed it.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL(), patient)
	bustest.CreateStreams(t, server.URL())

	var mu sync.Mutex // held until a child that posts is known
	var victim *os.Process
	posts := 0
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if posts++; victim != nil {
			_ = victim.Kill() // it may have ended by itself, which the test sees
		}
	}))
	defer hook.Close()
	start := func(epoch int, kill bool) error {
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), childBus+"="+server.URL(), childHook+"="+hook.URL, childEpoch+"="+strconv.Itoa(epoch))
		mu.Lock()
		require.NoError(t, child.Start())
		if victim = nil; kill {
			victim = child.Process
		}
		mu.Unlock()
		return child.Wait()
	}
	require.ErrorContains(t, start(1, true), "killed")
	require.ErrorContains(t, start(2, true), "killed")
	require.NoError(t, start(3, false))
	mu.Lock()
	defer mu.Unlock()
	require.Equal(t, 3, posts, "the webhook hears of it until it has answered")
	require.Len(t, bustest.Events(t, client, "DAEMON_WATCHDOG_ALERT"), 1, "the event is in the log once")
}

// TestKilledBeforeItsCheckpoint puts back the checkpoint of the moment before the event went out, which is what a
// watchdog finds that was killed right after it.
func TestKilledBeforeItsCheckpoint(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t, patient)
	saved := make(chan []byte, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		// The webhook hears of an alert before the bus does.
		raw, _, err := client.Session(daemonwatchdog.Type, "", 0).Load(request.Context(), "alerts")
		if err == nil {
			saved <- raw
		}
	}))
	defer hook.Close()
	r := setupOn(t, client, func(c *daemonwatchdog.Config) { c.WebhookURL = hook.URL })
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.look(0)
	require.Len(t, r.alerts(), 1)
	before := <-saved
	require.NotEmpty(t, before, "the alert was saved before it was told")

	require.NoError(t, r.client.Session(daemonwatchdog.Type, "", r.epoch).Save(t.Context(), "alerts", before))
	r.restart()
	r.look(0)
	require.Len(t, r.alerts(), 1, "told again, it is the same event")
	require.Zero(t, r.health().Details["alerts_pending"])
	require.Equal(t, before, <-saved, "the second round began where the first was killed")

	require.ErrorIs(t, r.client.Session(daemonwatchdog.Type, "", 1).Save(t.Context(), "alerts", before), bus.ErrFenced,
		"the copy that was replaced cannot put it back")
}
