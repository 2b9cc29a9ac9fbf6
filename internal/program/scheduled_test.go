package program_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// scheduled is the row of a program that runs at times.
func (r *rig) scheduled(schedule, script string, changes ...func(*spec.Daemon)) spec.Daemon {
	return r.service(script, append(changes, func(row *spec.Daemon) {
		row.Program.Kind, row.Program.Schedule = spec.ProgramScheduled, schedule
	})...)
}

func TestScheduledProgramRunsAgainAndAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("@every 1s", "echo >> runs"))
	a.awaitHealth("the next run is told", func(verdict spec.Health) bool { return verdict.Details["next_run_at"] != nil })
	r.eventually("it runs", func() bool { return r.lines("runs") >= 3 })
	a.awaitHealth("the last run is told", func(verdict spec.Health) bool {
		return verdict.Status == spec.HealthOK && verdict.Details["last_run_success"] == true && verdict.Details["last_run_at"] != nil
	})
	a.stop()
}

func TestScheduledProgramNeverRunsTwiceAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("@every 1s", "mkdir lock || echo >> twice; sleep 1.5; rmdir lock; echo >> runs"))
	a.awaitHealth("it says that it runs", func(verdict spec.Health) bool { return strings.HasPrefix(verdict.Message, "running since") })
	r.eventually("it runs", func() bool { return r.lines("runs") >= 3 })
	require.False(t, r.exists("twice"))
	a.stop()
}

func TestRunThatFailsIsToldAndTheNextOneIsMade(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("@every 1s", "echo >> runs; test -e well || exit 4"))
	a.awaitHealth("the failure is told", func(verdict spec.Health) bool {
		return verdict.Status == spec.HealthDegraded && strings.HasPrefix(verdict.Message, "the last run failed: program job: ") &&
			strings.HasSuffix(verdict.Message, "exit code 4") && verdict.Details["last_run_success"] == false
	})
	r.touch("well")
	a.awaitHealth("the next one is well", func(verdict spec.Health) bool { return verdict.Details["last_run_success"] == true })
	require.Equal(t, spec.HealthOK, r.host.Health(a.id).Status)
	a.stop()
}

func TestRunThatTakesTooLongIsEnded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("@every 1s", "echo >> runs; "+sleeps, func(row *spec.Daemon) { row.Program.RunTimeout = 200 * time.Millisecond }))
	a.awaitHealth("it is told", func(verdict spec.Health) bool { return strings.HasSuffix(verdict.Message, "it ran longer than 200ms") })
	r.eventually("the next one is made", func() bool { return r.lines("runs") >= 2 })
	a.stop()
}

func TestMissedRunIsMadeUpForOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const yearly = "@yearly"
	year := time.Now().UTC().Year()
	nextYear := func(verdict spec.Health) bool {
		return strings.HasPrefix(verdict.Message, "next run at "+strconv.Itoa(year+1)+"-01-01")
	}
	catchUp := func(row *spec.Daemon) { row.Program.CatchUp = true }
	missed, err := json.Marshal(map[string]any{"due": time.Date(year-3, 1, 1, 0, 0, 0, 0, time.UTC), "success": true})
	require.NoError(t, err)
	require.NoError(t, shared.Session(r.kind, "", 1).Save(t.Context(), "last_run", missed))

	a := r.runReady(r.scheduled(yearly, "echo >> runs"))
	a.awaitHealth("without catch_up it waits", nextYear)
	a.stop()
	require.Zero(t, r.lines("runs"))

	a = r.runReady(r.scheduled(yearly, "echo >> runs", catchUp))
	a.awaitHealth("after the missed run it waits", nextYear)
	require.Equal(t, 1, r.lines("runs"), "one run for all that were missed")
	require.Equal(t, strconv.Itoa(year)+"-01-01T00:00:00Z", r.host.Health(a.id).Details["last_run_at"])
	a.stop()

	a = r.runReady(r.scheduled(yearly, "echo >> runs", catchUp))
	a.awaitHealth("nothing is missed any more", nextYear)
	a.stop()
	require.Equal(t, 1, r.lines("runs"))
}

func TestFirstStartMissesNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("@yearly", "echo >> runs", func(row *spec.Daemon) { row.Program.CatchUp = true }))
	a.awaitHealth("it waits", func(verdict spec.Health) bool { return strings.HasPrefix(verdict.Message, "next run at ") })
	a.stop()
	require.Zero(t, r.lines("runs"))
}

func TestScheduleIsMeantInItsZone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("30 3 * * *", "exit 0", func(row *spec.Daemon) { row.Program.TimeZone = "Asia/Tokyo" }))
	a.awaitHealth("half past three in Tokyo", func(verdict spec.Health) bool { return strings.HasSuffix(verdict.Message, "T18:30:00Z") })
	a.stop()
}

func TestStoppingEndsARun(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.scheduled("@every 1s", sleeps))
	r.eventually("it runs", func() bool { return len(r.processes()) > 0 })
	a.stop()
}

func TestSchedulesThatCannotBe(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for schedule, want := range map[string]string{"every day": "expected exactly 5 fields", "0 0 30 2 *": "that time never comes"} {
		exit := r.run(r.scheduled(schedule, "exit 0")).awaitExit()
		require.Equal(t, host.ExitNever, exit.Kind)
		require.ErrorContains(t, exit.Err, want)
	}
	exit := r.run(r.scheduled("@daily", "exit 0", func(row *spec.Daemon) { row.Program.TimeZone = "Mars/Olympus" })).awaitExit()
	require.Equal(t, host.ExitNever, exit.Kind)
	require.ErrorContains(t, exit.Err, `time_zone "Mars/Olympus"`)
}
