package web_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

const hello = spec.Type("HELLO")

// withFile is the cluster with a daemon of an applied file, which this build's registry does not have.
func withFile(t *testing.T, hello spec.Info) *web.ClusterView {
	t.Helper()
	rows := catalog(t).All()[:3]
	table, err := spec.NewRegistry(append(rows, spec.Daemon{
		Type: hello.Daemon, Category: "greetings", DependsOn: []spec.Type{"DAEMON_WATCHDOG"}, Critical: true, StartupPosition: -1, Status: spec.StatusAvailable,
		Program: &spec.Program{Name: "hello", Kind: spec.ProgramService, Command: []string{"true"}, Directory: "/"},
	}))
	require.NoError(t, err)
	cluster := view(0, running("DAEMON_WATCHDOG"))
	cluster.Status.Daemons = append(cluster.Status.Daemons, hello)
	cluster.InForce = table
	return cluster
}

// A copy that this process hosts is the one that the supervisor tells of, once.
func TestDaemonOfAFileIsListedOnce(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	r.SetCluster(withFile(t, running(hello)))
	here := in(spec.PhaseStopping, running(hello))
	here.Node = node
	r.local.set(here)

	_, body := r.get(t, "/status")
	var phases []any
	for _, row := range body["daemons"].([]any) {
		if row := row.(map[string]any); row["daemon"] == string(hello) {
			phases = append(phases, row["phase"])
		}
	}
	require.Equal(t, []any{"STOPPING"}, phases, "as its own process says")
	_, text := r.do(t, http.MethodGet, "/metrics", "")
	require.Contains(t, text, `ringrift_daemon_phase{category="greetings",daemon="HELLO",node="",phase="STOPPING"} 1`)
}

func TestDaemonOfAFileIsAskedForByName(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	code, _ := r.get(t, "/health/hello")
	require.Equal(t, http.StatusNotFound, code, "nobody has told of it")
	r.SetCluster(withFile(t, running(hello)))
	code, body := r.get(t, "/health/hello")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, string(hello), body["daemon"])
	code, _ = r.get(t, "/health/data-pipeline")
	require.Equal(t, http.StatusNotFound, code)
}

func TestCriticalDaemonOfAFileKeepsFromBeingReady(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	r.SetCluster(withFile(t, in(spec.PhaseFailed, running(hello))))
	code, body := r.get(t, "/ready")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, []any{string(hello)}, body["failed"])
}

func TestGraphHasTheDaemonsOfAFile(t *testing.T) {
	t.Parallel()
	r, _ := withLedger(t, web.Config{})
	cluster := withFile(t, running(hello))
	r.SetCluster(cluster)
	page := followPath(t, r, "/live")
	drawn := func() (layers [][]string, needs []string) {
		page.next(t, "event: daemons")
		var graph struct {
			Layers [][]struct {
				Daemon string   `json:"daemon"`
				Needs  []string `json:"needs"`
			} `json:"layers"`
		}
		require.NoError(t, json.Unmarshal([]byte(page.next(t, "data: ")), &graph))
		for _, layer := range graph.Layers {
			var names []string
			for _, node := range layer {
				names = append(names, node.Daemon)
				if node.Daemon == string(hello) {
					needs = node.Needs
				}
			}
			layers = append(layers, names)
		}
		return layers, needs
	}
	layers, needs := drawn()
	require.Equal(t, [][]string{{"EVENT_ROUTER"}, {"DAEMON_WATCHDOG", "HEALTH_SERVER"}, {"HELLO"}}, layers)
	require.Equal(t, []string{"DAEMON_WATCHDOG"}, needs)

	r.SetCluster(&web.ClusterView{Status: cluster.Status, FetchedAt: time.Now()})
	layers, needs = drawn()
	require.Equal(t, [][]string{{"EVENT_ROUTER"}, {"DAEMON_WATCHDOG", "HEALTH_SERVER"}, {"HELLO"}}, layers, "what is not known to need anything is not left out")
	require.Empty(t, needs)
}
