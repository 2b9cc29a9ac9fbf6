package web_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

func TestHealthFollowsTemporal(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{ContactWithin: time.Minute}, web.Sources{})
	code, body := r.get(t, "/health")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, true, body["alive"])
	require.Equal(t, node, body["node"])

	r.contact.set(time.Now().Add(-2 * time.Minute))
	code, body = r.get(t, "/health")
	require.Equal(t, http.StatusServiceUnavailable, code, "Temporal was last heard of two minutes ago")
	require.Equal(t, true, body["alive"], "the process still serves")
	require.Equal(t, false, body["temporal"].(map[string]any)["ok"])
}

func TestHealthWithoutTheCluster(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	sick := running("EVENT_ROUTER")
	sick.Health = spec.Health{Status: spec.HealthUnhealthy, Message: "disk full"}
	silent := running("DAEMON_WATCHDOG")
	silent.Health = spec.Health{}
	r.local.set(sick, silent)
	code, body := r.get(t, "/health")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "local", body["view"].(map[string]any)["source"])
	daemons := body["daemons"].(map[string]any)
	router := daemons["EVENT_ROUTER"].(map[string]any)
	require.Equal(t, false, router["healthy"])
	require.Equal(t, "disk full", router["message"])
	watchdog := daemons["DAEMON_WATCHDOG"].(map[string]any)
	require.Nil(t, watchdog["healthy"], "never measured is neither healthy nor not")
	require.Equal(t, "unknown", watchdog["health"])
}

func TestHealthMergesTheClusterWithThisProcess(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	known := running("EVENT_ROUTER")
	known.RestartCount = 2
	cluster := view(time.Second, running("DAEMON_WATCHDOG"))
	cluster.Status.Daemons[0] = known
	r.SetCluster(cluster)

	here := in(spec.PhaseStopping, running("EVENT_ROUTER"))
	member := running("HEALTH_SERVER")
	member.Kind, member.Node = spec.KindMember, node
	member.Health = spec.Health{Status: spec.HealthDegraded, Message: "view is old"}
	r.local.set(here, member)

	_, body := r.get(t, "/health")
	daemons := body["daemons"].(map[string]any)
	router := daemons["EVENT_ROUTER"].(map[string]any)
	require.Equal(t, "STOPPING", router["phase"], "the process knows sooner")
	require.EqualValues(t, 2, router["restart_count"], "the daemon's workflow owns the counters")
	members := daemons["HEALTH_SERVER"].(map[string]any)["members"].([]any)
	require.Len(t, members, 2)
	require.Equal(t, "degraded", members[0].(map[string]any)["health"], "the member of this node")
	require.Equal(t, "degraded", daemons["HEALTH_SERVER"].(map[string]any)["health"], "a group is as well as its worst member")
	require.Equal(t, "ok", members[1].(map[string]any)["health"], "the member of another node")

	here.Epoch = 0
	r.local.set(here)
	_, body = r.get(t, "/health")
	require.Equal(t, "RUNNING", body["daemons"].(map[string]any)["EVENT_ROUTER"].(map[string]any)["phase"],
		"a copy that has been replaced has no say")

	r.SetCluster(nil)
	_, body = r.get(t, "/health")
	require.Equal(t, "local", body["view"].(map[string]any)["source"], "withdrawn")
}

func TestDaemonHealth(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	code, _ := r.get(t, "/health/DAEMON_WATCHDOG")
	require.Equal(t, http.StatusServiceUnavailable, code, "without a view nobody knows")

	r.SetCluster(view(time.Second, in(spec.PhaseProbing, running("DAEMON_WATCHDOG"))))
	for _, c := range []struct {
		path, text string
		code       int
	}{
		{"EVENT_ROUTER", `"phase": "RUNNING"`, 200},
		{"event_router", `"daemon": "EVENT_ROUTER"`, 200},
		{"DAEMON_WATCHDOG", `"phase": "PROBING"`, 503},
		{"daemon-watchdog", `"health": "unknown"`, 503},
		{"HEALTH_SERVER", `"node": "node-2"`, 200},
		{"EVENT_ROUTRE", `"suggestion": "EVENT_ROUTER"`, 404},
		{"HEALTH_CHECK", `"suggestion": "HEALTH_SERVER"`, 404},
		{"DATA_PIPELINE", "planned", 404},
		{"..%2f..%2fetc%2fpasswd", "unknown daemon type", 404},
	} {
		response, text := r.do(t, http.MethodGet, "/health/"+c.path, "")
		require.Equal(t, c.code, response.StatusCode, "%s: %s", c.path, text)
		require.Contains(t, text, c.text, c.path)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	down := view(0, running("DAEMON_WATCHDOG"))
	down.Status.Fleet = spec.FleetDown
	empty := &web.ClusterView{FetchedAt: time.Now(), Status: spec.FleetStatus{Fleet: spec.FleetUp}}
	for _, c := range []struct {
		name, list, reason string
		view               *web.ClusterView
		code               int
	}{
		{"all run", "", "", view(0, running("DAEMON_WATCHDOG")), 200},
		{"failed", "failed", "1 of 2", view(0, in(spec.PhaseFailed, running("DAEMON_WATCHDOG"))), 503},
		{"probing", "failed", "1 of 2", view(0, in(spec.PhaseProbing, running("DAEMON_WATCHDOG"))), 503},
		{"blocked", "blocked", "1 of 2", view(0, in(spec.PhaseBlocked, running("DAEMON_WATCHDOG"))), 503},
		{"stopped", "missing", "1 of 2", view(0, in(spec.PhaseStopped, running("DAEMON_WATCHDOG"))), 503},
		{"phase unknown", "missing", "1 of 2", view(0, in("", running("DAEMON_WATCHDOG"))), 503},
		{"stale view", "", "unknown", view(time.Minute, running("DAEMON_WATCHDOG")), 503},
		{"no view", "", "unknown", nil, 503},
		{"fleet down", "", "down", down, 503},
		{"nothing critical", "", "no critical daemon", empty, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t, web.Config{}, web.Sources{})
			r.SetCluster(c.view)
			code, body := r.get(t, "/ready")
			require.Equal(t, c.code, code, body)
			require.Equal(t, c.code == 200, body["ready"])
			if c.reason != "" {
				require.Contains(t, body["reason"], c.reason)
			}
			if c.list != "" {
				require.Equal(t, []any{"DAEMON_WATCHDOG"}, body[c.list])
			}
		})
	}
}

func TestReadyHearsOfThisProcessAtOnce(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	r.SetCluster(view(time.Second, running("DAEMON_WATCHDOG")))
	r.local.set(in(spec.PhaseRestarting, running("DAEMON_WATCHDOG")))
	code, body := r.get(t, "/ready")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, []any{"DAEMON_WATCHDOG"}, body["missing"])
}

func TestStatus(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	spent := in(spec.PhaseFailed, running("DAEMON_WATCHDOG"))
	spent.RestartCount, spent.BudgetResetAt = 4, time.Now().Add(-time.Second)
	r.SetCluster(view(2*time.Second, spent))
	code, body := r.get(t, "/status")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "up", body["fleet"])
	require.Equal(t, map[string]any{"total": 3.0, "ready": 2.0, "running": 2.0, "failed": 1.0, "stopped": 0.0}, body["summary"])
	require.Len(t, body["daemons"], 3)
	require.Equal(t, []any{"DATA_PIPELINE"}, body["planned"])
	require.EqualValues(t, 0, body["daemons"].([]any)[1].(map[string]any)["restart_count"], "the budget is whole again")
	require.InDelta(t, 2, body["view"].(map[string]any)["age_seconds"], 1.5)
}

func TestAnswersAtOnceWhileNothingElseDoes(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	r.contact.set(time.Now().Add(-time.Hour))
	r.SetCluster(view(time.Hour, running("DAEMON_WATCHDOG")))
	for _, path := range []string{"/health", "/ready", "/status", "/metrics", "/health/EVENT_ROUTER", "/"} {
		fastest := time.Hour // of a few: the machine may be busy with other tests
		for range 5 {
			start := time.Now()
			r.do(t, http.MethodGet, path, "")
			fastest = min(fastest, time.Since(start))
		}
		require.Less(t, fastest, 100*time.Millisecond, path)
	}
	_, body := r.get(t, "/health")
	require.Equal(t, true, body["view"].(map[string]any)["stale"])
	require.Greater(t, body["view"].(map[string]any)["age_seconds"], 3500.0)
}

func TestOneDaemonsBugDoesNotSilenceTheOthers(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	broken := running("EVENT_ROUTER")
	broken.Health.Details = map[string]any{"ratio": math.NaN()}
	r.local.set(broken, running("DAEMON_WATCHDOG"))
	for _, path := range []string{"/health", "/status"} {
		code, body := r.get(t, path)
		require.Equal(t, http.StatusOK, code, path)
		require.Len(t, body["daemons"], 2, path)
	}
}
