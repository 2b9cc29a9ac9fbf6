package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// What explain foretells of a stop is what the supervisor answers.
func TestDependentsBehindACompletedOneAreNamed(t *testing.T) {
	t.Parallel()
	row := func(name spec.Type, needs ...spec.Type) spec.Daemon {
		return spec.Daemon{Type: name, Category: spec.CategoryMisc, Runner: "create_" + string(name), DependsOn: needs,
			StartupPosition: -1, Status: spec.StatusAvailable}
	}
	registry, err := spec.NewRegistry([]spec.Daemon{row("POSTGRES"), row("MIGRATE", "POSTGRES"), row("WEB", "MIGRATE")})
	require.NoError(t, err)
	for phase, want := range map[spec.Phase][]spec.Type{
		spec.PhaseRunning: {"MIGRATE", "WEB"}, spec.PhaseRestarting: {"MIGRATE", "WEB"}, spec.PhaseProbing: {"MIGRATE", "WEB"},
		spec.PhaseCompleted: {"WEB"}, spec.PhaseStopped: {}, spec.PhasePaused: {},
	} {
		fleet := []spec.Info{{Daemon: "POSTGRES", Phase: spec.PhaseRunning}, {Daemon: "MIGRATE", Phase: phase}, {Daemon: "WEB", Phase: spec.PhaseRunning}}
		require.ElementsMatch(t, want, dependents(registry, "POSTGRES", fleet), "the one between is %s", phase)
	}
}
