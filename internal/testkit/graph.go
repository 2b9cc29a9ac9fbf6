package testkit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/spec"
)

// RegistryRows is the plan of the whole registry as it is shipped, aliases resolved and scopes kept, as
// if every row had been written.
func RegistryRows(t testing.TB) []spec.Daemon {
	t.Helper()
	return plan(t, func(row *spec.Daemon) {
		if !row.Deprecated {
			row.Status = spec.StatusAvailable
		}
	})
}

// ReferenceRows is the reference's graph with each of its 78 names a daemon of its own, one copy in the
// cluster, and every edge as it is printed.
func ReferenceRows(t testing.TB) []spec.Daemon {
	t.Helper()
	rows := plan(t, func(row *spec.Daemon) {
		row.Status, row.Scope, row.Roles = spec.StatusAvailable, spec.ScopeCluster, nil
		row.Deprecated, row.DeprecatedMessage, row.Replacement, row.Params = false, "", "", nil
	})
	var reference []spec.Daemon
	for _, row := range rows {
		if !row.Added {
			reference = append(reference, row)
		}
	}
	return reference
}

// IndependentRows is n daemons without edges, one copy of each in the cluster.
func IndependentRows(n int) []spec.Daemon {
	rows := make([]spec.Daemon, n)
	for i := range rows {
		rows[i] = spec.Daemon{
			Type: spec.Type(fmt.Sprintf("TEST_%04d", i)), Category: spec.CategoryMisc, AutoRestart: true,
			MaxRestarts: spec.DefaultMaxRestarts, StartupPosition: -1, Status: spec.StatusAvailable,
		}.WithDefaults()
	}
	return rows
}

// WithParam returns the rows with one param set in each.
func WithParam(rows []spec.Daemon, name, value string) []spec.Daemon {
	changed := make([]spec.Daemon, len(rows))
	for i, row := range rows {
		params := map[string]string{name: value}
		for key, kept := range row.Params {
			if key != name {
				params[key] = kept
			}
		}
		row.Params = params
		changed[i] = row
	}
	return changed
}

// plan is what `up` would ask for, had the registry the changed rows.
func plan(t testing.TB, change func(*spec.Daemon)) []spec.Daemon {
	t.Helper()
	shipped, err := daemons.Registry(daemons.Catalog(daemons.Config{}))
	require.NoError(t, err, "registry")
	rows := shipped.All()
	for i := range rows {
		change(&rows[i])
	}
	registry, err := spec.NewRegistry(rows)
	require.NoError(t, err, "registry with every row available")
	full, err := registry.Set(spec.SetFull)
	require.NoError(t, err)
	run, planned, err := registry.Plan(full)
	require.NoError(t, err)
	require.Empty(t, planned, "planned rows")
	return run
}
