package daemons

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// available are the declarations the tests run with.
func available() []host.Declaration { return Catalog(Config{}) }

func registry(t *testing.T) *spec.Registry {
	t.Helper()
	r, err := Registry(available())
	require.NoError(t, err)
	return r
}

// TestRegistryIsTheReference compares every row with the reference. What differs on purpose is spelled
// out here and nowhere else.
func TestRegistryIsTheReference(t *testing.T) {
	t.Parallel()
	r, ref := registry(t), parseReference(t)
	// Two types are added because rows of the reference point at them.
	added := []spec.Type{"UNIFIED_REPLICATION", "UNIFIED_IDLE"}

	var fromReference []spec.Type
	for _, row := range r.All() {
		require.Equal(t, slices.Contains(added, row.Type), row.Added, "added: %s", row.Type)
		if !row.Added {
			fromReference = append(fromReference, row.Type)
		}
	}
	require.Len(t, r.Types(), len(ref.rows)+len(added))
	for i, want := range ref.rows {
		require.Equal(t, want.Type, fromReference[i], "order of the rows")
		got, found := r.Get(want.Type)
		require.True(t, found, want.Type)
		require.Equal(t, want.Category, got.Category, "category of %s", want.Type)
		require.Equal(t, want.Runner, got.Runner, "runner of %s", want.Type)
		require.Equal(t, want.Needs, got.DependsOn, "dependencies of %s", want.Type)
		require.Equal(t, want.Interval, got.HealthCheckInterval, "health check interval of %s", want.Type)
		require.Equal(t, want.Status == "Deprecated", got.Deprecated, "deprecated: %s", want.Type)
		require.True(t, got.AutoRestart, "auto restart of %s", want.Type)
		require.Equal(t, spec.DefaultMaxRestarts, got.MaxRestarts, "max restarts of %s", want.Type)

		// CRITICAL_DAEMONS wins over the Status column, which calls AUTO_SYNC merely active.
		require.Equal(t, slices.Contains(ref.critical, want.Type), got.Critical, "critical: %s", want.Type)
		if want.Type != "AUTO_SYNC" {
			require.Equal(t, want.Status == "Critical", got.Critical, "status of %s", want.Type)
		}
		require.Equal(t, slices.Index(ref.startup, want.Type), got.StartupPosition, "startup position of %s", want.Type)
	}
	require.Len(t, r.Categories(), 13)
}

func TestDeprecatedNamesAreTheReference(t *testing.T) {
	t.Parallel()
	r, ref := registry(t), parseReference(t)
	require.Len(t, r.Deprecated(), len(ref.deprecated))
	for _, want := range ref.deprecated {
		got, _ := r.Get(want.Type)
		if want.Type == "VAST_IDLE" {
			// The reference has no type at the end of LAMBDA_IDLE → VAST_IDLE → "-"; one is added.
			require.Equal(t, spec.Type("-"), want.Replacement)
			want.Replacement = "UNIFIED_IDLE"
		}
		require.Equal(t, want.Replacement, got.Replacement, "replacement of %s", want.Type)
		require.Contains(t, got.DeprecatedMessage, want.Hint, "message of %s", want.Type)

		target, _, err := r.Resolve(want.Type)
		require.NoError(t, err, want.Type)
		require.False(t, target.Deprecated, want.Type)
		require.Contains(t, got.DeprecatedMessage, "use "+string(target.Type), "message of %s", want.Type)
		require.Equal(t, target.Scope, got.Scope, "scope of %s", want.Type)
		require.Equal(t, target.Roles, got.Roles, "roles of %s", want.Type)
	}
}

func TestAliasesEndWhereTheDesignSays(t *testing.T) {
	t.Parallel()
	r := registry(t)
	for name, want := range map[spec.Type]string{
		"SYNC_COORDINATOR": "AUTO_SYNC", "EPHEMERAL_SYNC": "AUTO_SYNC strategy=ephemeral",
		"CLUSTER_DATA_SYNC": "AUTO_SYNC strategy=broadcast", "NPZ_DISTRIBUTION": "MODEL_DISTRIBUTION data=npz",
		"HEALTH_CHECK": "HEALTH_SERVER", "NODE_HEALTH_MONITOR": "HEALTH_SERVER", "SYSTEM_HEALTH_MONITOR": "HEALTH_SERVER",
		"REPLICATION_MONITOR": "UNIFIED_REPLICATION mode=monitor", "REPLICATION_REPAIR": "UNIFIED_REPLICATION mode=repair",
		"VAST_IDLE": "UNIFIED_IDLE provider=vast", "LAMBDA_IDLE": "UNIFIED_IDLE provider=lambda",
	} {
		target, params, err := r.Resolve(name)
		require.NoError(t, err, name)
		got := string(target.Type)
		for key, value := range params {
			got += " " + key + "=" + value
		}
		require.Equal(t, want, got, name)
	}
	require.Contains(t, r.Dependencies("RECOVERY_ORCHESTRATOR"), spec.Type("HEALTH_SERVER"), "an edge to a deprecated name")
}

// TestStartupOrderHolds checks that the whole fleet starts in the reference's order, with the two
// dependencies that are missing from it pulled in front.
func TestStartupOrderHolds(t *testing.T) {
	t.Parallel()
	r, ref := registry(t), parseReference(t)
	order := r.Order(r.Types())
	positioned := slices.DeleteFunc(slices.Clone(order), func(name spec.Type) bool { return r.StartupPosition(name) < 0 })
	require.Equal(t, slices.DeleteFunc(ref.startup, func(name spec.Type) bool { return name == "NODE_HEALTH_MONITOR" }), positioned)
	require.Equal(t, slices.Index(order, "QUEUE_POPULATOR")-1, slices.Index(order, "SELFPLAY_COORDINATOR"))
	require.Equal(t, slices.Index(order, "TRAINING_TRIGGER")-1, slices.Index(order, "AUTO_EXPORT"))
	require.Equal(t, 11, r.StartupPosition("NODE_HEALTH_MONITOR"), "an alias keeps its place in the list")
}

func TestSetsAreClosedAndFreeOfAliases(t *testing.T) {
	t.Parallel()
	r := registry(t)
	for _, name := range spec.SetNames() {
		set, err := r.Set(name)
		require.NoError(t, err, name)
		require.Equal(t, r.Closure(set), set, name)
		require.Subset(t, set, []spec.Type{"EVENT_ROUTER", "HEALTH_SERVER", "DAEMON_WATCHDOG"}, name)
		for _, member := range set {
			row, _ := r.Get(member)
			require.False(t, row.Deprecated, "%s has %s", name, member)
		}
		run, planned, err := r.Plan(set)
		require.NoError(t, err, name)
		require.Len(t, slices.Concat(planned, typesOf(run)), len(set), "%s: everything is run or named", name)
	}
}

// TestTables keeps what a person reads of the registry under review.
func TestTables(t *testing.T) {
	t.Parallel()
	r := registry(t)
	var rows, sets strings.Builder
	for _, row := range r.All() {
		if row.Deprecated {
			continue
		}
		place := string(row.Scope)
		if len(row.Roles) > 0 {
			place += fmt.Sprint(" ", row.Roles)
		}
		fmt.Fprintf(&rows, "%-30s %s\n", row.Type, place)
	}
	for _, name := range spec.SetNames() {
		set, err := r.Set(name)
		require.NoError(t, err, name)
		fmt.Fprintf(&sets, "%s (%d)\n", name, len(set))
		for _, member := range set {
			fmt.Fprintf(&sets, "  %s\n", member)
		}
	}
	requireGolden(t, "testdata/scopes.txt", rows.String())
	requireGolden(t, "testdata/sets.txt", sets.String())
}

func TestRegistryTakesDaemonsOfOnesOwn(t *testing.T) {
	t.Parallel()
	own := declaration("MY_OWN", "EVENT_ROUTER")
	r, err := Registry(append(available(), own))
	require.NoError(t, err)
	require.Equal(t, spec.Type("MY_OWN"), r.Types()[len(r.Types())-1], "it comes last")

	own.Spec.StartupPosition = 0
	_, err = Registry(append(available(), own))
	require.ErrorContains(t, err, "MY_OWN: startup_position 0 is also the position of EVENT_ROUTER")
}

func TestRegistryNamesEveryFault(t *testing.T) {
	t.Parallel()
	planned := host.Declaration{Spec: planned()[0]}
	_, err := Registry(append(available()[1:], planned, declaration("BROKEN", "NOBODY")))
	require.ErrorAs(t, err, new(spec.Faults))
	require.ErrorContains(t, err, string(planned.Spec.Type)+": status planned contradicts its declaration: delete its row from planned.go")
	require.ErrorContains(t, err, "EVENT_ROUTER: type EVENT_ROUTER has no row: declare the daemon in the catalog")
	require.ErrorContains(t, err, `BROKEN: depends_on "NOBODY" is not in the registry`)
}

// declaration is a daemon that the reference does not know.
func declaration(name spec.Type, needs ...spec.Type) host.Declaration {
	return host.Declaration{Spec: spec.Daemon{
		Type: name, Category: spec.CategoryMisc, Runner: "run_" + string(name), DependsOn: needs, StartupPosition: -1,
	}}
}

func requireGolden(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got, golden)
}

func typesOf(rows []spec.Daemon) []spec.Type {
	var types []spec.Type
	for _, row := range rows {
		types = append(types, row.Type)
	}
	return types
}
