package pipelinetest

import (
	"github.com/stretchr/testify/require"

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

// Health is what the daemon says of itself.
func (d *Daemon) Health() spec.Health {
	d.rig.Helper()
	return d.Ticker.(host.Checker).Health(d.rig.Context())
}
