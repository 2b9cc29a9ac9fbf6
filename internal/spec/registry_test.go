package spec_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// row is a valid row that needs the given types.
func row(name spec.Type, needs ...spec.Type) spec.Daemon {
	return spec.Daemon{
		Type: name, Category: spec.CategoryMisc, Runner: "create_" + string(name), DependsOn: needs,
		AutoRestart: true, MaxRestarts: spec.DefaultMaxRestarts,
		StartupPosition: -1, Status: spec.StatusAvailable,
	}
}

func alias(name, replacement spec.Type, params map[string]string) spec.Daemon {
	d := row(name)
	d.Deprecated, d.Status = true, spec.StatusDeprecated
	d.DeprecatedMessage, d.Replacement, d.Params = "use "+string(replacement), replacement, params
	return d
}

func planned(d spec.Daemon) spec.Daemon {
	d.Status = spec.StatusPlanned
	return d
}

func at(position int, d spec.Daemon) spec.Daemon {
	d.StartupPosition = position
	return d
}

func registry(t *testing.T, rows ...spec.Daemon) *spec.Registry {
	t.Helper()
	r, err := spec.NewRegistry(rows)
	require.NoError(t, err)
	return r
}

// small is a registry with one of everything: an order, a planned row, a chain of aliases, an edge to an alias.
func small(t *testing.T) *spec.Registry {
	t.Helper()
	sync := at(2, row("SYNC", "ROUTER", "PIPELINE"))
	sync.Category, sync.Critical = spec.CategorySync, true
	sync.Params = map[string]string{"strategy": "pull", "limit": "10"}
	return registry(t,
		at(0, row("ROUTER")),
		planned(row("PIPELINE", "ROUTER")),
		sync,
		at(1, row("WATCHDOG", "ROUTER")),
		row("RECOVERY", "ROUTER", "OLD_SYNC"),
		row("AUDIT", "OLD_SYNC", "SYNC"),
		alias("OLD_SYNC", "SYNC", map[string]string{"strategy": "push"}),
		alias("OLDER_SYNC", "OLD_SYNC", map[string]string{"strategy": "broadcast", "fan": "3"}),
	)
}

func TestRegistryCompletesRows(t *testing.T) {
	t.Parallel()
	d, found := small(t).Get("SYNC")
	require.True(t, found)
	require.Equal(t, spec.DefaultHealthCheckInterval, d.HealthCheckInterval)
	require.Equal(t, 30*time.Second, d.HeartbeatTimeout, "critical heartbeat")
	require.Equal(t, spec.ScopeCluster, d.Scope)
	_, found = small(t).Get("NOBODY")
	require.False(t, found)
}

func TestRegistryQueries(t *testing.T) {
	t.Parallel()
	r := small(t)
	require.Equal(t, types("ROUTER PIPELINE SYNC WATCHDOG RECOVERY AUDIT OLD_SYNC OLDER_SYNC"), r.Types())
	require.Equal(t, r.Types(), typesOf(r.All()))
	require.Equal(t, types("SYNC"), typesOf(r.ByCategory(spec.CategorySync)))
	require.Empty(t, r.ByCategory("nonsense"))
	require.Equal(t, []spec.Category{spec.CategorySync, spec.CategoryMisc}, r.Categories())
	require.Equal(t, types("OLD_SYNC OLDER_SYNC"), typesOf(r.Deprecated()))
	require.Equal(t, 2, r.StartupPosition("SYNC"))
	require.Equal(t, -1, r.StartupPosition("PIPELINE"))
	require.Equal(t, -1, r.StartupPosition("NOBODY"))
}

func TestRegistryCannotBeChangedFromOutside(t *testing.T) {
	t.Parallel()
	r := small(t)
	d, _ := r.Get("SYNC")
	d.DependsOn[0], d.Params["strategy"] = "CHANGED", "changed"
	r.All()[2].DependsOn[0] = "CHANGED"
	r.Dependencies("SYNC")[0] = "CHANGED"
	full, err := r.Set(spec.SetFull)
	require.NoError(t, err)
	full[0] = "CHANGED"
	_, params, err := r.Resolve("SYNC")
	require.NoError(t, err)
	params["strategy"] = "changed"
	run, _, err := r.Plan(types("SYNC"))
	require.NoError(t, err)
	run[1].Params["strategy"] = "changed"

	require.Equal(t, types("ROUTER WATCHDOG PIPELINE SYNC AUDIT RECOVERY"), r.Order(r.Types()))
	d, _ = r.Get("SYNC")
	require.Equal(t, types("ROUTER PIPELINE"), d.DependsOn)
	require.Equal(t, "pull", d.Params["strategy"])
	require.Equal(t, types("ROUTER PIPELINE"), r.Dependencies("SYNC"))
}

func TestRegistryKeepsNoHandOnItsInput(t *testing.T) {
	t.Parallel()
	rows := []spec.Daemon{row("A"), row("B", "A")}
	r := registry(t, rows...)
	rows[1].DependsOn[0] = "CHANGED"
	d, _ := r.Get("B")
	require.Equal(t, types("A"), d.DependsOn)
}

func TestResolveFollowsAliases(t *testing.T) {
	t.Parallel()
	r := small(t)
	for name, want := range map[spec.Type]map[string]string{
		"SYNC":       {"strategy": "pull", "limit": "10"},
		"OLD_SYNC":   {"strategy": "push", "limit": "10"},
		"OLDER_SYNC": {"strategy": "broadcast", "limit": "10", "fan": "3"},
	} {
		target, params, err := r.Resolve(name)
		require.NoError(t, err, name)
		require.Equal(t, spec.Type("SYNC"), target.Type, name)
		require.Equal(t, want, params, name)
	}
	_, _, err := r.Resolve("SYNK")
	require.ErrorAs(t, err, new(*spec.UnknownType))
}

func TestFind(t *testing.T) {
	t.Parallel()
	r := small(t)
	for _, input := range []string{"OLD_SYNC", "old_sync", " Old-Sync "} {
		d, err := r.Find(input)
		require.NoError(t, err, input)
		require.Equal(t, spec.Type("OLD_SYNC"), d.Type, input)
	}
	for input, want := range map[string]spec.Type{
		"wacthdog": "WATCHDOG", "ROUTR": "ROUTER", "old_sink": "OLD_SYNC", "zzz": "", "": "", "ɐɐɐɐ": "",
		string(make([]byte, 1<<20)): "",
	} {
		_, err := r.Find(input)
		var unknown *spec.UnknownType
		require.ErrorAs(t, err, &unknown, "%.20q", input)
		require.Equal(t, want, unknown.Suggestion, "%.20q", input)
		require.Less(t, len(err.Error()), 400, "%.20q", input)
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	r := small(t)
	run, missing, err := r.Plan(types("RECOVERY OLDER_SYNC"))
	require.NoError(t, err)
	require.Equal(t, types("PIPELINE"), missing)
	require.Equal(t, types("ROUTER SYNC RECOVERY"), typesOf(run))
	require.Equal(t, types("ROUTER"), run[1].DependsOn, "the edge to a planned row is removed")
	require.Equal(t, types("ROUTER SYNC"), run[2].DependsOn, "the edge to an alias is resolved")
	require.Equal(t, map[string]string{"strategy": "broadcast", "limit": "10", "fan": "3"}, run[1].Params)

	run, _, err = r.Plan(types("SYNC OLD_SYNC"))
	require.NoError(t, err)
	require.Equal(t, "push", run[1].Params["strategy"], "the plain name asks for nothing in particular")

	run, _, err = r.Plan(types("SYNC"))
	require.NoError(t, err)
	require.Equal(t, "pull", run[1].Params["strategy"], "another plan's params must not stick")

	run, missing, err = r.Plan(types("PIPELINE"))
	require.NoError(t, err)
	require.Equal(t, types("ROUTER"), typesOf(run), "what a planned row needs still runs")
	require.Equal(t, types("PIPELINE"), missing)
}

func TestPlanRefuses(t *testing.T) {
	t.Parallel()
	r := small(t)
	_, _, err := r.Plan(types("ROUTER NOBODY"))
	require.ErrorContains(t, err, `"NOBODY"`)
	_, _, err = r.Plan(types("OLD_SYNC OLDER_SYNC"))
	require.EqualError(t, err, `OLD_SYNC and OLDER_SYNC both stand for SYNC but differ in strategy ("push", "broadcast"): ask for one of them`)
}

func TestSets(t *testing.T) {
	t.Parallel()
	r := small(t)
	full, err := r.Set("FULL")
	require.NoError(t, err)
	require.Equal(t, types("ROUTER WATCHDOG PIPELINE SYNC AUDIT RECOVERY"), full)
	_, err = r.Set("everything")
	require.ErrorAs(t, err, new(*spec.UnknownSet))
	require.ErrorContains(t, err, "minimal, coordinator, training, selfplay, ephemeral, full")
	_, err = r.Set("minimal")
	require.ErrorContains(t, err, "set minimal")
	require.ErrorContains(t, err, "EVENT_ROUTER")
}

func TestMissing(t *testing.T) {
	t.Parallel()
	r := small(t)
	require.Equal(t, types("ROUTER"), r.Missing("SYNC", nil), "a planned dependency is not missed")
	require.Equal(t, types("SYNC"), r.Missing("RECOVERY", map[spec.Type]bool{"ROUTER": true}))
	require.Empty(t, r.Missing("RECOVERY", map[spec.Type]bool{"ROUTER": true, "SYNC": true}))
	require.Equal(t, types("SYNC"), r.Missing("AUDIT", nil), "two names of one daemon are one edge")
	require.Equal(t, types("ROUTER"), r.Missing("OLD_SYNC", nil), "an alias misses what its daemon misses")
	require.Empty(t, r.Missing("NOBODY", nil))
}

// What runs is a part of a registry: its positions have gaps, and what another build took is not judged again.
func TestTableOfAPlan(t *testing.T) {
	t.Parallel()
	whole := registry(t, at(0, row("FIRST")), at(1, row("SECOND", "FIRST")), at(2, row("THIRD", "SECOND", "FIRST")))
	run, _, err := whole.Plan([]spec.Type{"FIRST", "THIRD"})
	require.NoError(t, err)
	part := slices.DeleteFunc(run, func(d spec.Daemon) bool { return d.Type == "SECOND" })
	table, err := spec.NewTable(part)
	require.NoError(t, err)
	require.Equal(t, []spec.Type{"FIRST"}, table.Dependencies("THIRD"))
	require.Equal(t, [][]spec.Type{{"FIRST"}, {"THIRD"}}, table.Layers([]spec.Type{"THIRD", "FIRST"}))

	_, err = spec.NewTable([]spec.Daemon{row("FIRST", "SECOND"), row("SECOND", "FIRST")})
	require.ErrorContains(t, err, "is a cycle")
}
