package program_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestNotAliveAfterBadAnswersInARow(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service(sleeps, func(row *spec.Daemon) {
		row.Program.Liveness = exec("test -e ill || exit 0; echo >> bad; echo $WORD; exit 1")
		row.Program.Environment["WORD"] = "${env:WORKERS_SECRET}"
	}))
	r.touch("ill")
	require.Equal(t, `program job is not alive: /bin/sh: exit status 1: "***"`, a.failed(spec.CauseUnhealthy), "without the secret")
	require.Equal(t, 3, r.lines("bad"), "as many as it takes")
}

func TestSingleBadAnswersAreForgivenAndShown(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service(sleeps, func(row *spec.Daemon) {
		row.Program.Liveness = exec(counting("echo $n >> asked; [ $((n % 3)) = 0 ]")) // two bad ones, a good one
	}))
	r.eventually("it is asked", func() bool { return r.lines("asked") > 12 })
	a.awaitHealth("bad answers are shown", func(verdict spec.Health) bool {
		return verdict.Status == spec.HealthDegraded && verdict.Message == "2 bad answers in a row: /bin/sh: exit status 1"
	})
	a.stop()
}

func TestAnswersThatComeTooLateAreBad(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service(sleeps, func(row *spec.Daemon) {
		row.Program.Liveness = exec("sleep 99999")
		row.Program.Liveness.Timeout = 100 * time.Millisecond
	}))
	require.Equal(t, "program job is not alive: no answer within 100ms", a.failed(spec.CauseUnhealthy))
}

func TestBadAnswersInTheStartupGraceDoNotCount(t *testing.T) {
	t.Parallel()
	const grace = 1500 * time.Millisecond
	r := newRig(t)
	a := r.runReady(r.service("date +%s%N > began; "+sleeps, func(row *spec.Daemon) {
		row.StartupGrace = grace
		row.Program.Liveness = exec("date +%s%N >> asked; exit 1")
		row.Program.Liveness.Failure = 4
	}))
	a.awaitHealth("it is shown", func(verdict spec.Health) bool {
		return verdict.Status == spec.HealthUnhealthy && verdict.Message == "not alive: /bin/sh: exit status 1"
	})
	a.failed(spec.CauseUnhealthy)
	graceUntil, counted := r.times("began")[0].Add(grace), 0
	for _, asked := range r.times("asked") {
		if asked.After(graceUntil) {
			counted++
		}
	}
	require.GreaterOrEqual(t, counted, 2, "four answers after the grace, of which two may have come in its last moment")
}

// times are the lines of a file, each in nanoseconds.
func (r *rig) times(name string) (times []time.Time) {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	require.NoError(r.t, err)
	for line := range strings.Lines(string(text)) {
		nanoseconds, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		require.NoError(r.t, err)
		times = append(times, time.Unix(0, nanoseconds))
	}
	return times
}
