package cli_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/ringrift/orchestrator/internal/cli"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

// slowly is a param that test daemons understand; an alias below stands for it.
var slowly = map[string]string{testkit.ParamReadyAfter: "1ms"}

// aliased is a registry of daemons that have a deprecated name with params: one of the cluster, one per node.
func aliased() []spec.Daemon {
	row := func(name spec.Type, scope spec.Scope) spec.Daemon {
		return spec.Daemon{
			Type: name, Category: spec.CategorySync, Runner: "create_" + strings.ToLower(string(name)), Scope: scope, Status: spec.StatusAvailable,
			AutoRestart: true, MaxRestarts: 5, StartupPosition: -1, Params: map[string]string{testkit.ParamTick: "1h"},
		}
	}
	alias := func(name, replacement spec.Type, scope spec.Scope) spec.Daemon {
		alias := row(name, scope)
		alias.Status, alias.Deprecated, alias.Replacement = spec.StatusDeprecated, true, replacement
		alias.DeprecatedMessage, alias.Params = "use "+string(replacement), slowly
		return alias
	}
	return []spec.Daemon{
		row("AUTO_SYNC", spec.ScopeNode), alias("EPHEMERAL_SYNC", "AUTO_SYNC", spec.ScopeNode),
		row("MODEL_DISTRIBUTION", spec.ScopeCluster), alias("NPZ_DISTRIBUTION", "MODEL_DISTRIBUTION", spec.ScopeCluster),
	}
}

// A daemon that is started by a deprecated name runs under its own, with the params of the name.
func TestStartByADeprecatedName(t *testing.T) {
	t.Parallel()
	registry, err := spec.NewRegistry(aliased())
	require.NoError(t, err)
	run, _, err := registry.Plan([]spec.Type{"AUTO_SYNC", "MODEL_DISTRIBUTION"})
	require.NoError(t, err)
	fleet := testkit.NewFleet(t, run)
	fleet.HostNode(t, "node-1")
	h := setup(t)
	h.OpenRegistry = func() (*spec.Registry, error) { return registry, nil }
	h.OpenControl = func(ctx context.Context, config cli.Config) (*control.Client, error) {
		return control.Dial(ctx, client.Options{HostPort: fleet.Server.Address()}, control.Options{Actor: config.Operator})
	}
	do := func(code int, line ...string) {
		t.Helper()
		require.Equal(t, code, h.run(t.Context(), line...), "%v: %s", line, h.err.String())
	}

	do(cli.ExitFailed, "start", "npz_distribution", "--allow-deprecated")
	require.Contains(t, h.err.String(), "starter up")
	do(cli.ExitDone, "up", "--wait")
	for alias, daemon := range map[string]string{"npz_distribution": "MODEL_DISTRIBUTION", "ephemeral_sync": "AUTO_SYNC@node-1"} {
		name, _, _ := strings.Cut(daemon, "@")
		require.Equal(t, map[string]string{testkit.ParamTick: "1h"}, params(t, fleet, daemon))
		do(cli.ExitRefused, "start", alias)
		do(cli.ExitRefused, "start", alias, "--allow-deprecated")
		require.Contains(t, h.err.String(), name+" runs already and without ready_after=1ms")
		do(cli.ExitDone, "stop", name, "--wait")
		do(cli.ExitDone, "start", alias, "--allow-deprecated", "--wait", "-o", "json")
		require.Contains(t, h.err.String(), name+", which is started under its own name with ready_after=1ms")
		require.Contains(t, h.out.String(), `"daemon": "`+name+`"`)
		require.Equal(t, map[string]string{testkit.ParamTick: "1h", testkit.ParamReadyAfter: "1ms"}, params(t, fleet, daemon))
		do(cli.ExitDone, "start", alias, "--allow-deprecated", "--wait")
	}
	do(cli.ExitUsage, "start", "ephemeral_sync@node-1", "--allow-deprecated")
	do(cli.ExitDone, "up", "--wait")
	do(cli.ExitDone, "restart", "MODEL_DISTRIBUTION", "--wait")
	require.Equal(t, map[string]string{testkit.ParamTick: "1h"}, params(t, fleet, "MODEL_DISTRIBUTION"), "the next up makes the fleet exactly what it asks for")
	do(cli.ExitDone, "down")
	do(cli.ExitRefused, "start", "npz_distribution", "--allow-deprecated")
	require.Contains(t, h.err.String(), "the fleet is down")
}

// params are what the latest attempt of a daemon was given, read from its workflow's history.
func params(t *testing.T, fleet *testkit.Fleet, daemon string) map[string]string {
	t.Helper()
	name, node, _ := strings.Cut(daemon, "@")
	history := fleet.Server.Client().GetWorkflowHistory(t.Context(), spec.WorkflowID(spec.Type(name), node), "", false,
		enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var latest spec.RunInput
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		scheduled := event.GetActivityTaskScheduledEventAttributes()
		if scheduled.GetActivityType().GetName() == spec.ActivityRunDaemon {
			latest = spec.RunInput{}
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(scheduled.GetInput(), &latest))
		}
	}
	return latest.Spec.Params
}
