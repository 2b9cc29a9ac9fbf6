package control_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
)

// A watch asks the daemons when the supervisor's table says that something has changed, when the last answers are old, and
// when one was missing.
func TestWatchAsksTheDaemonsOnlyWhenItMust(t *testing.T) {
	t.Parallel()
	name, connection := server.Namespace(t)
	running := spec.Info{Daemon: router, Kind: spec.KindDaemon, Phase: spec.PhaseRunning, Desired: spec.DesiredRun, Ready: true}
	controltest.Serve(t, connection, controltest.Fleet{Daemons: []controltest.Daemon{{Told: running, Own: &running}}})
	fleet := control.New(connection, control.Options{Actor: "tester", Namespace: name})
	_, err := fleet.Up(t.Context(), request("here"))
	require.NoError(t, err)
	phase := func(watch *control.Watch) spec.Phase {
		status, err := watch.Status(t.Context())
		require.NoError(t, err)
		return status.Daemons[0].Phase
	}
	seldom, always := control.NewWatch(fleet, time.Hour), control.NewWatch(fleet, 0)
	require.Equal(t, spec.PhaseRunning, phase(seldom))
	require.Equal(t, spec.PhaseRunning, phase(always))

	_, err = fleet.Do(t.Context(), control.Target{Type: router}, spec.VerbStop, spec.Command{}) // this supervisor does not hear of it
	require.NoError(t, err)
	require.Equal(t, spec.PhaseStopped, phase(always), "the answers are old")
	require.Equal(t, spec.PhaseRunning, phase(seldom), "nothing seems to have changed")
	_, err = fleet.Up(t.Context(), request("elsewhere"))
	require.NoError(t, err)
	require.Equal(t, spec.PhaseStopped, phase(seldom), "the supervisor's table has changed")
}

// A daemon that does not answer is asked again at once.
func TestWatchAsksTheSilentAgain(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t) // one of its daemons has no workflow
	watch := control.NewWatch(fleet, time.Hour)
	phase := func() spec.Phase {
		status, err := watch.Status(t.Context())
		require.NoError(t, err)
		return status.Daemons[0].Phase
	}
	require.Equal(t, spec.PhaseRunning, phase())
	_, err := fleet.Do(t.Context(), control.Target{Type: router}, spec.VerbStop, spec.Command{})
	require.NoError(t, err)
	require.Equal(t, spec.PhaseStopped, phase())
}

// The table in force has the rows of the plan, whatever this build's registry has, and follows another plan.
func TestWatchKnowsWhatIsInForce(t *testing.T) {
	t.Parallel()
	fleet, _ := setup(t)
	watch := control.NewWatch(fleet, time.Hour)
	plan := func(installation string, rows ...spec.Daemon) {
		_, err := fleet.Up(t.Context(), spec.UpRequest{Installation: installation, Daemons: rows})
		require.NoError(t, err)
	}
	base := spec.Daemon{Type: router, Category: spec.CategoryEvent, Runner: "create_event_router", StartupPosition: 7, Status: spec.StatusAvailable}
	own := spec.Daemon{
		Type: "HELLO", Category: "greetings", DependsOn: []spec.Type{router}, StartupPosition: -1, Status: spec.StatusAvailable,
		ReadyTimeout: 10 * time.Minute, Program: &spec.Program{Name: "hello", Kind: spec.ProgramService, Command: []string{"true"}, Directory: "/"},
	}
	plan("here", base, own)
	table, err := watch.InForce(t.Context())
	require.NoError(t, err)
	row, found := table.Get("HELLO")
	require.True(t, found)
	require.Equal(t, 10*time.Minute, row.ReadyTimeout)
	require.Equal(t, []spec.Type{router}, table.Dependencies("HELLO"))

	plan("elsewhere", base)
	_, err = watch.Status(t.Context())
	require.NoError(t, err)
	table, err = watch.InForce(t.Context())
	require.NoError(t, err)
	_, found = table.Get("HELLO")
	require.False(t, found)
}
