package program

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// dueAfter is when a program runs next that is started at a moment, on a worker that has never run it.
func dueAfter(t *testing.T, schedule, zone, moment string) string {
	t.Helper()
	now, err := time.Parse(time.RFC3339, moment)
	require.NoError(t, err)
	one, err := newScheduled(&program{
		runtime: host.Runtime{Now: func() time.Time { return now }}, spec: spec.Program{Name: "job", Schedule: schedule, TimeZone: zone},
	})
	require.NoError(t, err)
	return one.due(now).UTC().Format(time.RFC3339)
}

// The times of @every are the same on every worker and after every restart: a pause that is longer than workers live must
// not keep a program from ever running.
func TestEveryDoesNotBeginAnewWithItsWorker(t *testing.T) {
	t.Parallel()
	for _, moment := range []string{"2026-03-01T03:00:00Z", "2026-03-01T03:10:00Z", "2026-03-01T04:29:59Z"} {
		require.Equal(t, "2026-03-01T04:30:00Z", dueAfter(t, "@every 90m", "", moment), moment)
	}
	require.Equal(t, "2026-03-01T03:00:10Z", dueAfter(t, "@every 5s", "Asia/Tokyo", "2026-03-01T03:00:05.5Z"))
}

// What docs/daemons.md says of the two days on which the clock is changed.
func TestDaysOnWhichTheClockIsChanged(t *testing.T) {
	t.Parallel()
	const half, berlin = "30 2 * * *", "Europe/Berlin"
	require.Equal(t, "2027-03-29T00:30:00Z", dueAfter(t, half, berlin, "2027-03-27T12:00:00Z"), "there is no half past two on the 28th")
	require.Equal(t, "2027-10-31T00:30:00Z", dueAfter(t, half, berlin, "2027-10-30T12:00:00Z"), "half past two comes")
	require.Equal(t, "2027-10-31T01:30:00Z", dueAfter(t, half, berlin, "2027-10-31T00:30:00Z"), "and comes again")
}
