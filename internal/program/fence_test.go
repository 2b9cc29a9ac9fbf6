package program_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The replacement of a fenced copy runs by now, and a program knows no epochs: it does not get the time that a stop gives.
func TestAFencedProgramEndsSoon(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.runReady(r.service("trap '' TERM; touch up; while :; do sleep 1; done", func(row *spec.Daemon) {
		row.Program.StopGrace = patience
		row.StopTimeout = 2 * patience
	}))
	r.eventually("it is deaf", func() bool { return r.exists("up") })
	began := time.Now()
	require.True(t, r.host.Stop(a.id, 0, spec.StopForFence))
	exit := a.awaitExit()
	require.Equal(t, host.ExitStopped, exit.Kind)
	require.Less(t, time.Since(began), 6*process.OrphanGrace)
	r.requireNone()
}
