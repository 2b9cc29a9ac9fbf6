package p2pbackend

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// silentAfter is how long there may be no round at all.
	silentAfter = 90 * time.Second
	// maxFailures in a row are a bus that blips; more are not.
	maxFailures = 5
	// aloneAfter is how many rounds in a row a member may see nobody while others report: joins take a moment.
	aloneAfter = 3
)

// Ready implements host.Readier: the member listens. It needs no bus for that; until its report is on the board,
// its health says that it waits.
func (d *daemon) Ready(ctx context.Context) error {
	select {
	case <-d.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Health implements host.Checker. Nodes that are gone are findings: they are not this daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	now, state, board := d.rt.Now(), d.rounds(), d.snapshot()
	peers := d.peers()
	health := spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{
		"peers_alive": peers.Alive, "peers_gone": peers.Gone, "encrypted": d.config.Key != "",
	}}
	if !board.at.IsZero() {
		health.Details["nodes_reporting"] = board.fresh
		health.Details["board_age_seconds"] = now.Sub(board.at).Seconds()
		health.Details["board_stale"] = now.Sub(board.at) > nodes.Fresh
		health.Details["last_success_at"] = board.at
	}
	switch {
	case state.attemptAt.IsZero():
		health.Status, health.Message = spec.HealthUnknown, "no round has ended yet"
	case now.Sub(state.attemptAt) > silentAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("no round for %.0f s", now.Sub(state.attemptAt).Seconds())
	case state.reportedAt.IsZero():
		health.Status, health.Message = spec.HealthWaiting, fmt.Sprintf("the node's report is not on the board yet: %v", state.fault)
	case state.failures > maxFailures:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("%d rounds in a row failed: %v", state.failures, state.fault)
	case peers.Isolated:
		health.Status = spec.HealthDegraded
		health.Message = fmt.Sprintf("isolated: %d other nodes report and no member of theirs answers", board.fresh-1)
		if state.joinFault != nil {
			health.Message += ": " + state.joinFault.Error()
		}
	}
	for node, presence := range d.roster.byNode() {
		if !presence.Online && !presence.Left {
			health.Findings = append(health.Findings, fmt.Sprintf("node %s does not answer since %s", node, presence.At.UTC().Format(time.RFC3339)))
		}
	}
	return health
}

func (d *daemon) peers() nodes.Peers {
	var peers nodes.Peers
	for _, presence := range d.roster.byNode() {
		switch {
		case presence.Online:
			peers.Alive++
		case !presence.Left:
			peers.Gone++
		}
	}
	peers.Isolated = d.rounds().aloneRounds >= aloneAfter
	return peers
}

func (d *daemon) rounds() rounds {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// record notes how a round went, and logs when that has changed.
func (d *daemon) record(at time.Time, fault, joinFault error) {
	alone := len(d.roster.addresses()) <= 1
	d.mu.Lock()
	defer d.mu.Unlock()
	if (d.state.fault == nil) != (fault == nil) {
		d.rt.Logger.Info("the board's state changed", "reachable", fault == nil, "error", fault)
	}
	d.state.attemptAt, d.state.fault, d.state.joinFault = at, fault, joinFault
	d.state.aloneRounds++
	if !alone || d.last.fresh <= 1 {
		d.state.aloneRounds = 0
	}
	if fault != nil {
		d.state.failures++
		return
	}
	d.state.failures, d.state.reportedAt = 0, at
}

// note remembers why something could not be told; the next round says whether that goes on.
func (d *daemon) note(fault error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.fault = fault
}
