package pipelinetest

import (
	"net"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// maxRounds bounds how often a daemon is asked for one order.
const maxRounds = 20

// Daemon is one that owns a stage, under test.
type Daemon struct {
	host.Ticker
	rig *Rig
}

// Daemon starts a copy of a daemon. A higher epoch replaces those with a lower one.
func (r *Rig) Daemon(declaration host.Declaration, epoch int64) *Daemon {
	r.Helper()
	runner, err := declaration.New(r.runtime(declaration.Spec, epoch))
	require.NoError(r, err)
	return &Daemon{runner.(host.Ticker), r}
}

// CutOff starts a copy of a daemon that reaches the ledger and not the bus: what it does nobody hears.
func (r *Rig) CutOff(declaration host.Declaration, epoch int64) *Daemon {
	r.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(r, err)
	require.NoError(r, listener.Close())
	nowhere, err := bus.Connect(bus.ClientConfig{URL: "nats://" + listener.Addr().String(), Timeout: 100 * time.Millisecond, Logger: quiet()})
	require.NoError(r, err)
	r.Cleanup(nowhere.Close)
	rt := r.runtime(declaration.Spec, epoch)
	rt.Bus = nowhere.Session(declaration.Spec.Type, "", epoch)
	runner, err := declaration.New(rt)
	require.NoError(r, err)
	return &Daemon{runner.(host.Ticker), r}
}

// Round lets the daemon look once.
func (d *Daemon) Round() {
	d.rig.Helper()
	require.NoError(d.rig, d.Tick(d.rig.Context()))
}

// Carry lets the daemon and the node work until an order has ended, and returns how.
func (d *Daemon) Carry(order ledger.Stage) ledger.Stage {
	d.rig.Helper()
	for range maxRounds {
		d.Round()
		if last := d.rig.Last(order.ConfigKey, order.Iteration, spec.Stage(order.Stage)); last.State != ledger.StageOrdered {
			return last
		}
		d.rig.RunJobs()
	}
	last := d.rig.Last(order.ConfigKey, order.Iteration, spec.Stage(order.Stage))
	require.FailNow(d.rig, "the order has not ended", "%s: %s", order.StageKey, last.Waiting)
	return last
}

// RequireIdle sees to it that rounds with nothing to do leave nothing, and that the daemon is well.
func (d *Daemon) RequireIdle() {
	d.rig.Helper()
	before := d.rig.Told()
	for range maxRounds {
		d.Round()
	}
	require.Zero(d.rig, d.rig.RunJobs(), "jobs that were queued")
	require.Equal(d.rig, before, d.rig.Told(), "what was told")
	require.Equal(d.rig, spec.HealthOK, d.Health().Status)
}

// Health is what the daemon says of itself.
func (d *Daemon) Health() spec.Health {
	d.rig.Helper()
	return d.Ticker.(host.Checker).Health(d.rig.Context())
}
