package daemonwatchdog_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRow(t *testing.T) {
	t.Parallel()
	row := daemonwatchdog.Declare(daemonwatchdog.Config{}).Spec
	require.Equal(t, "create_daemon_watchdog", row.Runner)
	require.Equal(t, []spec.Type{"EVENT_ROUTER"}, row.DependsOn)
	require.Equal(t, 30*time.Second, row.HealthCheckInterval)
	require.Equal(t, spec.CategoryHealth, row.Category)
	require.Equal(t, spec.ScopeCluster, row.Scope)
	require.True(t, row.Critical)
}

func TestFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, message string
		info                spec.Info
		watch               time.Duration // before the finding is due
	}{
		{"failed", "failed", "will not be tried again: disk on fire", edited(in(spec.PhaseFailed, 0), func(i *spec.Info) { i.LastError = "disk on fire" }), 0},
		{"bad configuration", "configuration", "configuration", edited(in(spec.PhaseFailed, 0), func(i *spec.Info) { i.Cause = spec.CauseConfig }), 0},
		{"budget spent", "restart_exhausted", "5 restarts", in(spec.PhaseProbing, 0), 0},
		{"starts for ever", "stuck", "STARTING", in(spec.PhaseStarting, time.Hour), 61 * time.Second},
		{"stops for ever", "stuck", "STOPPING", edited(in(spec.PhaseStopping, time.Hour), func(i *spec.Info) { i.Desired = spec.DesiredStop }), 61 * time.Second},
		{"restart overdue", "stuck", "RESTARTING", edited(in(spec.PhaseRestarting, time.Hour), func(i *spec.Info) { i.NextTryAt = noon.Add(-50 * time.Minute) }), 61 * time.Second},
		{"no worker", "unresponsive", "no worker", in(spec.PhaseUnavailable, time.Hour), 46 * time.Second},
		{"silent worker", "unresponsive", "since 2026-03-01T12:00:00Z", alive(noon), 46 * time.Second},
		{"worker never heard of", "unresponsive", "is known", alive(time.Time{}), 46 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.fleet.set(c.info)
			if c.watch > 0 {
				r.look(0)
				r.look(c.watch - 2*time.Second)
				require.Empty(t, r.alerts(), "not before its time")
				r.look(2 * time.Second)
			}
			r.look(0)
			alerts := r.alerts()
			require.Len(t, alerts, 1)
			require.Equal(t, c.kind, alerts[0].Kind)
			require.Equal(t, "critical", alerts[0].Severity, "the daemon is critical")
			require.Equal(t, spec.Type("AUTO_SYNC"), alerts[0].DaemonName)
			require.Contains(t, alerts[0].Message, c.message)
			require.Equal(t, spec.HealthOK, r.health().Status, "a finding is not the watchdog's ill health")
			require.Len(t, r.health().Findings, 1)
		})
	}
}

func TestSaysNothingOfWhatIsMeantToBe(t *testing.T) {
	t.Parallel()
	stopped := func(i *spec.Info) { i.Desired = spec.DesiredStop }
	paused := func(i *spec.Info) { i.Desired = spec.DesiredPause }
	for _, c := range []struct {
		name string
		info spec.Info
	}{
		{"stopped", edited(in(spec.PhaseStopped, time.Hour), stopped)},
		{"paused", edited(in(spec.PhasePaused, time.Hour), paused)},
		{"failed, then stopped", edited(in(spec.PhaseFailed, time.Hour), stopped)},
		{"blocked", in(spec.PhaseBlocked, time.Hour)},
		{"disabled", in(spec.PhaseDisabled, time.Hour)},
		{"completed", edited(in(spec.PhaseCompleted, time.Hour), func(i *spec.Info) { i.Health.At = time.Time{} })},
		{"held by down", edited(in(spec.PhaseFailed, time.Hour), func(i *spec.Info) { i.FleetDown = true })},
		{"just started", in(spec.PhaseStarting, 0)},
		{"runs since a moment", edited(alive(time.Time{}), func(i *spec.Info) { i.Since = noon })},
		{"waits for its next try", edited(in(spec.PhaseRestarting, 0), func(i *spec.Info) { i.NextTryAt = noon.Add(5 * time.Minute) })},
		{"unhealthy, which its owner handles", edited(alive(noon), func(i *spec.Info) { i.Health.Status = spec.HealthUnhealthy })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.fleet.set(c.info)
			r.look(0)
			r.look(40 * time.Second)
			require.Empty(t, r.alerts())
			require.Empty(t, r.health().Findings)
		})
	}
}

func TestSaysNothingWhileTheFleetIsDown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.fleet.status.Fleet = spec.FleetDown
	r.look(0)
	require.Empty(t, r.alerts())
}

func TestMembersAreToldApart(t *testing.T) {
	t.Parallel()
	r := setup(t)
	group := in(spec.PhaseRunning, time.Hour)
	group.Kind = spec.KindGroup
	for node, phase := range map[string]spec.Phase{"node-1": spec.PhaseFailed, "node-2": spec.PhaseRunning} {
		member := in(phase, 0)
		member.Kind, member.Node = spec.KindMember, node
		group.Members = append(group.Members, member)
	}
	r.fleet.set(group)
	r.look(0)
	alerts := r.alerts()
	require.Len(t, alerts, 1)
	require.Equal(t, "node-1", alerts[0].Node)
	require.Contains(t, alerts[0].Message, "AUTO_SYNC@node-1")
}

func TestAtMostOnceAnHourForEachKind(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.look(0)
	r.look(30 * time.Minute)
	require.Equal(t, []string{"failed"}, r.kinds())

	r.fleet.set(in(spec.PhaseProbing, 0))
	r.look(0)
	require.Equal(t, []string{"failed", "restart_exhausted"}, r.kinds(), "another kind has a time of its own")

	r.restart()
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.look(29 * time.Minute)
	require.Len(t, r.kinds(), 2, "the times survive a restart of the watchdog")
	r.look(time.Minute)
	require.Equal(t, []string{"failed", "restart_exhausted", "failed"}, r.kinds(), "again after an hour")
}

func TestTellsOfTheRecoveryOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.set(in(spec.PhaseProbing, 0))
	r.look(0)
	r.fleet.set(in(spec.PhaseStarting, 0))
	r.look(time.Second)
	require.Equal(t, []string{"restart_exhausted"}, r.kinds(), "a start is not yet a recovery")
	r.restart()
	r.fleet.set(edited(alive(noon.Add(time.Minute)), func(i *spec.Info) { i.Since = noon }))
	r.look(time.Second)
	r.look(time.Second)
	alerts := r.alerts()
	require.Equal(t, []string{"restart_exhausted", "recovered"}, r.kinds())
	require.True(t, alerts[1].Resolved)
	require.Equal(t, "info", alerts[1].Severity)
	require.Equal(t, alerts[0].AlertID, alerts[1].AlertID, "it ends that alert")
}

func TestStoppingADaemonEndsItsAlertSilently(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.look(0)
	r.fleet.set(edited(in(spec.PhaseStopped, 0), func(i *spec.Info) { i.Desired = spec.DesiredStop }))
	r.look(time.Second)
	r.fleet.set(edited(in(spec.PhaseRunning, 0), func(i *spec.Info) { i.Since = noon.Add(time.Second) }))
	r.look(time.Second)
	require.Equal(t, []string{"failed"}, r.kinds())
}

func TestCrashLoop(t *testing.T) {
	t.Parallel()
	restarted := func(count int, cause spec.Cause) spec.Info {
		return edited(in(spec.PhaseRestarting, 0), func(i *spec.Info) {
			i.NextTryAt, i.Restarts = noon.Add(time.Hour), map[spec.Cause]int{cause: count}
		})
	}
	t.Run("three within five minutes", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		for count := range 8 {
			r.fleet.set(restarted(count, spec.CauseError))
			r.look(30 * time.Second)
		}
		require.Equal(t, []string{"crash_loop"}, r.kinds(), "one alert for the loop")
		require.Contains(t, r.alerts()[0].Message, "3 restarts within 5m0s")
	})
	t.Run("a daemon that did not answer is not a loop", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		for range 3 {
			r.fleet.set(restarted(9, spec.CauseError))
			r.look(30 * time.Second)
			r.fleet.set(in(spec.PhaseRestarting, 0))
			r.look(30 * time.Second)
		}
		require.Empty(t, r.kinds(), "old restarts are history, whoever forgets them for a while")
	})
	t.Run("slow restarts", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		for count := range 5 {
			r.fleet.set(restarted(count, spec.CauseError))
			r.look(160 * time.Second)
		}
		require.Empty(t, r.kinds())
	})
	t.Run("deploys", func(t *testing.T) {
		t.Parallel()
		r := setup(t)
		for count := range 5 {
			r.fleet.set(restarted(count, spec.CauseDeploy))
			r.look(30 * time.Second)
		}
		require.Empty(t, r.kinds(), "it is not the daemon's fault")
	})
}

func withHeartbeats(r *rig) {
	r.config.Heartbeats = r.fleet
	r.restart()
}

func TestHeartbeatsOverruleAnOldVerdict(t *testing.T) {
	t.Parallel()
	r := setup(t)
	withHeartbeats(r)
	r.fleet.set(alive(noon.Add(-time.Hour)))
	for range 5 {
		r.fleet.heartbeats = map[string]time.Time{"daemon/AUTO_SYNC": r.now}
		r.look(30 * time.Second)
	}
	require.Empty(t, r.kinds(), "the verdict is old because it did not change")
	r.look(31 * time.Second)
	require.Equal(t, []string{"unresponsive"}, r.kinds(), "no heartbeat for more than three intervals")
}

func TestUnreadableHeartbeat(t *testing.T) {
	t.Parallel()
	for name, unreadable := range map[string]error{"no answer": errors.New("not found"), "no attempt": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			withHeartbeats(r)
			r.fleet.unreadable = unreadable
			r.fleet.set(alive(noon.Add(-time.Hour)))
			r.look(0)
			r.look(46 * time.Second)
			require.Empty(t, r.kinds(), "unknown once is nothing yet")
			r.look(time.Second)
			require.Equal(t, []string{"unresponsive"}, r.kinds(), "unknown twice in a row is a finding")
		})
	}
}

func TestNobodyIsBlamedForAGapInTheWatch(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.set(alive(noon))
	r.look(0)
	r.fleet.err = errors.New("no supervisor")
	r.now = r.now.Add(40 * time.Second)
	require.ErrorContains(t, r.Tick(t.Context()), "no supervisor")
	require.Equal(t, spec.HealthWaiting, r.health().Status)

	r.fleet.err = nil
	r.look(10 * time.Second)
	require.Empty(t, r.kinds(), "after an outage everybody gets time to show up")
	r.look(46 * time.Second)
	require.Equal(t, []string{"unresponsive"}, r.kinds())
}

func TestHealthProvesTheRounds(t *testing.T) {
	t.Parallel()
	r := setup(t)
	require.Equal(t, spec.HealthUnknown, r.health().Status, "before the first round")
	r.look(0)
	require.Equal(t, spec.HealthOK, r.health().Status)
	r.now = r.now.Add(2 * time.Minute)
	require.Equal(t, spec.HealthUnhealthy, r.health().Status, "no round for more than three intervals")
}

// A daemon of a file has the deadlines that the file gives it.
func TestDeadlinesOfAFileHold(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.set(edited(in(spec.PhaseStarting, time.Hour), func(i *spec.Info) { i.Daemon = "SLOW" }))
	r.look(0)
	r.look(50 * time.Minute)
	require.Empty(t, r.alerts(), "it may take two hours to become ready")
	r.look(15 * time.Minute)
	require.Equal(t, []string{"stuck"}, r.kinds())
}

// Without the deadlines the watchdog goes on with those it knows, and says that it lacks them.
func TestDeadlinesAreUnknown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.fleet.unlisted = errors.New("no such rows")
	r.fleet.set(alive(time.Time{}))
	require.ErrorContains(t, r.Tick(t.Context()), "no such rows")
	require.NotEqual(t, spec.HealthOK, r.health().Status)
	require.Empty(t, r.alerts(), "nothing is judged by deadlines that nobody has set")
	r.fleet.unlisted = nil
	r.look(0)

	r.fleet.unlisted = errors.New("no such rows")
	r.fleet.set(in(spec.PhaseFailed, 0))
	require.ErrorContains(t, r.Tick(t.Context()), "look up the daemons' deadlines: no such rows")
	alerts := r.alerts()
	require.Len(t, alerts, 1)
	require.Equal(t, "critical", alerts[0].Severity, "as it was known before")
}
