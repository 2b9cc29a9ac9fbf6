package cli_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// now is the time of every test; the fleet's times are relative to it.
var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// harness is a system whose world is a temporary folder, a small registry, and no server.
type harness struct {
	cli.System
	out, err bytes.Buffer
	// hide replaces what differs from run to run before a golden file is compared.
	hide []string
}

func setup(t *testing.T) *harness {
	t.Helper()
	h := &harness{}
	dir := t.TempDir()
	h.hide = []string{dir, "$DATA"}
	h.System = cli.System{
		Config:       settings(dir),
		OpenRegistry: func() (*spec.Registry, error) { return spec.NewRegistry(rows()) },
		OpenControl: func(ctx context.Context, config cli.Config) (*control.Client, error) {
			return control.Dial(ctx, client.Options{HostPort: "127.0.0.1:1"}, control.Options{})
		},
		OpenBus: func(config cli.Config) (*bus.Client, error) {
			return bus.Connect(bus.ClientConfig{URL: config.BusURL(), Name: "starter", Token: config.BusToken})
		},
		OpenLedger: func(context.Context, cli.Config) (*ledger.Ledger, error) {
			return nil, cli.ErrNoLedger
		},
		In: strings.NewReader(""), Out: &h.out, Err: &h.err,
		Now: func() time.Time { return now },
	}
	return h
}

// settings are those of a data folder, with a bus that is not there.
func settings(dir string) (c cli.Config) {
	c.DataDir, c.BusListen, c.NodeID, c.Operator = dir, "127.0.0.1:1", "node-1", "ann@desk"
	return c
}

// rows is a registry with one row of each kind.
func rows() []spec.Daemon {
	on := func(types ...spec.Type) []spec.Type { return types }
	list := []spec.Daemon{
		{Type: "EVENT_ROUTER", Category: spec.CategoryEvent, Critical: true, Status: spec.StatusAvailable, StartupPosition: 0},
		{Type: "DATA_PIPELINE", Category: spec.CategoryPipeline, Critical: true, DependsOn: on("EVENT_ROUTER"), Status: spec.StatusPlanned, StartupPosition: 1},
		{Type: "CROSS_PROCESS_POLLER", Category: spec.CategoryEvent, Scope: spec.ScopeNode, DependsOn: on("EVENT_ROUTER"), Status: spec.StatusAvailable, StartupPosition: -1},
		{Type: "DLQ_RETRY", Category: spec.CategoryEvent, DependsOn: on("EVENT_ROUTER"), Status: spec.StatusAvailable, StartupPosition: -1},
		{Type: "HEALTH_SERVER", Category: spec.CategoryHealth, DependsOn: on("EVENT_ROUTER", "DLQ_RETRY"), Status: spec.StatusAvailable, StartupPosition: -1},
		{Type: "AUTO_SYNC", Category: spec.CategorySync, Critical: true, DependsOn: on("EVENT_ROUTER", "DATA_PIPELINE"), Status: spec.StatusPlanned, StartupPosition: 2},
		{Type: "HEALTH_CHECK", Category: spec.CategoryHealth, Deprecated: true, Replacement: "HEALTH_SERVER",
			DeprecatedMessage: "use HEALTH_SERVER", Status: spec.StatusDeprecated, StartupPosition: -1},
		{Type: "EPHEMERAL_SYNC", Category: spec.CategorySync, Deprecated: true, Replacement: "AUTO_SYNC",
			DeprecatedMessage: "use AUTO_SYNC with strategy=ephemeral", Params: map[string]string{"strategy": "ephemeral"},
			Status: spec.StatusDeprecated, StartupPosition: -1},
	}
	for i, row := range list {
		list[i].Runner = "create_" + strings.ToLower(string(row.Type))
		list[i].AutoRestart, list[i].MaxRestarts = true, 5
	}
	return list
}

// run executes one command line and returns its exit code.
func (h *harness) run(ctx context.Context, arguments ...string) int {
	h.out.Reset()
	h.err.Reset()
	return cli.Execute(ctx, h.System, arguments)
}

// golden compares what the last run printed, and its exit code, with a file.
func (h *harness) golden(t *testing.T, name string, code int) {
	t.Helper()
	got := fmt.Sprintf("exit %d\n--- out\n%s--- err\n%s", code, h.out.String(), h.err.String())
	got = strings.NewReplacer(h.hide...).Replace(got)
	path := filepath.Join("testdata", name+".golden")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run `go test ./internal/cli -update` to write it")
	require.Equal(t, string(want), got, "output of %s; `go test ./internal/cli -update` accepts it", name)
}

// TestOffline holds every text that needs no server: the registry's views, the help, and the errors.
func TestOffline(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"help":                "--help",
		"help-up":             "up --help",
		"help-start":          "start --help",
		"help-stop":           "stop --help",
		"help-pause":          "pause --help",
		"help-status":         "status --help",
		"help-list":           "list --help",
		"help-graph":          "graph --help",
		"help-wait":           "wait --help",
		"help-events":         "events --help",
		"help-publish":        "publish --help",
		"help-logs":           "logs --help",
		"help-jobs-logs":      "jobs logs --help",
		"help-fence":          "fence --help",
		"help-fence-reset":    "fence reset --help",
		"list":                "list",
		"list-all":            "list --all",
		"list-all-json":       "list --all -o json",
		"list-deprecated":     "list --deprecated",
		"list-category":       "list --category Event",
		"graph":               "graph",
		"graph-dot":           "graph dot",
		"graph-mermaid":       "graph mermaid",
		"graph-json":          "graph -o json",
		"validate":            "validate",
		"validate-json":       "validate -o json",
		"validate-machines":   "validate --machines 3",
		"validate-no-machine": "validate --machines 0",
		"explain-planned":     "explain auto_sync",
		"error-command":       "statsu",
		"error-flag":          "status --wach",
		"error-output":        "status -o yaml",
		"error-type":          "stop EVENT_ROUTR",
		"error-no-type":       "stop",
		"error-node":          "stop dlq_retry@node-1",
		"error-empty-node":    "stop cross_process_poller@",
		"error-category":      "list --category sink",
		"error-list-flags":    "list --all --deprecated",
		"error-graph":         "graph png",
		"error-set":           "up --set big",
		"error-up-flags":      "up --set full --only dlq_retry",
		"error-only":          "up --only dlq_retri",
		"error-only-node":     "up --only cross_process_poller@node-1",
		"error-wait":          "wait",
		"error-wait-node":     "wait --ready cross_process_poller@node-1",
		"help-resume":         "resume --help",
		"help-init":           "init --help",
		"error-for":           "pause dlq_retry --for 3",
		"error-loop-for":      "loop pause sq5_2p --for soon",
		"error-empty":         "up --only=",
		"error-empty-text":    "pause dlq_retry --for=",
		"error-timeout":       "wait --ready --timeout -5s",
		"error-event":         "publish OPERATOR_NOTES {}",
		"error-payload":       "publish operator_note {}",
		"error-last":          "events --last -1",
		"error-event-name":    "events --name operator_nota",
		"error-lines":         "logs dlq_retry -n -1",
		"error-no-log":        "logs dlq_retry",
		"error-log-outside":   "logs cross_process_poller@../../x",
		"error-no-server":     "status",
		"error-no-server-up":  "up",
		"error-no-bus":        "events",
		"error-fence":         "fence rest",
		"error-fence-type":    "fence reset dlq_retri --yes",
		"refused-planned":     "start auto_sync",
		"refused-deprecated":  "start ephemeral_sync",
		"deprecated-no-serve": "start health_check --allow-deprecated",
		"deprecated-note":     "stop health_check",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := setup(t)
			h.golden(t, name, h.run(t.Context(), strings.Fields(line)...))
		})
	}
}

func TestFaultyRegistry(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.OpenRegistry = func() (*spec.Registry, error) {
		faulty := rows()
		faulty[0].DependsOn = []spec.Type{"HEALTH_SERVER"}
		faulty[3].Category = "sink"
		return spec.NewRegistry(faulty)
	}
	h.golden(t, "validate-faults", h.run(t.Context(), "validate"))
	h.golden(t, "validate-faults-json", h.run(t.Context(), "validate", "-o", "json"))
	h.golden(t, "list-faults", h.run(t.Context(), "list"))
}

// A server that is not there must not cost the operator's patience.
func TestNoServerIsQuick(t *testing.T) {
	t.Parallel()
	h := setup(t)
	begin := time.Now()
	require.Equal(t, cli.ExitFailed, h.run(t.Context(), "status"))
	require.Less(t, time.Since(begin), 10*time.Second)
	require.Equal(t, 1, strings.Count(h.err.String(), "\n"), "one line: %s", h.err.String())
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "completion", "bash"))
	require.Contains(t, h.out.String(), "bash completion")
	for line, want := range map[string]string{
		"stop ":            "DLQ_RETRY\tevent, available",
		"list --category ": "recovery",
		"up --set ":        "minimal",
		"events --name ":   "OPERATOR_NOTE",
	} {
		words := append([]string{"__complete"}, strings.Split(line, " ")...)
		require.Equal(t, cli.ExitDone, h.run(t.Context(), words...), line)
		require.Contains(t, h.out.String(), want, line)
	}
}
