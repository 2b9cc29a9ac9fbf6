package clustermonitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

type monitor struct {
	config Config
	rt     host.Runtime
	board  nodes.Board
	// Only Tick touches these.
	state, saved state
	fullAt       time.Time
	watchedSince time.Time // since when each look has seen somebody report; zero: the last one has not

	mu   sync.Mutex
	last overview
}

var (
	_ host.Ticker     = (*monitor)(nil)
	_ host.Subscriber = (*monitor)(nil)
	_ host.Checker    = (*monitor)(nil)
)

func newMonitor(config Config, rt host.Runtime) *monitor {
	return &monitor{config: config, rt: rt, board: nodes.NewBoard(rt.Bus)}
}

// Interval implements host.Ticker.
func (m *monitor) Interval() time.Duration { return m.config.Interval }

// Subscriptions implements host.Subscriber.
func (m *monitor) Subscriptions() []bus.Name { return []bus.Name{"HOST_ONLINE", "HOST_OFFLINE"} }

// Handle implements host.Subscriber: the event is a hint, and the tick that follows it looks for itself.
func (m *monitor) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (m *monitor) Tick(ctx context.Context) error {
	if m.rt.Ledger == nil {
		return host.Dependency(errors.New("this worker has no ledger"))
	}
	session, err := m.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	if err := m.load(ctx); err != nil {
		return err
	}
	found, err := m.look(ctx, session)
	if err == nil && m.rt.Now().Sub(m.fullAt) >= m.config.FullInterval && !found.blind {
		err = m.lookFully(ctx, session.Ledger(), &found)
	}
	if err := errors.Join(err, m.settle(ctx)); err != nil {
		return waitForLedger(err)
	}
	m.keep(found)
	return nil
}

// look compares the board with the ledger and brings the node records up to date.
func (m *monitor) look(ctx context.Context, session *ledger.Session) (overview, error) {
	found := overview{at: m.rt.Now()}
	since := m.watchedSince
	m.watchedSince = time.Time{} // until this look has seen somebody
	entries, err := m.board.List(ctx)
	if err != nil {
		return found, err
	}
	presences, err := m.board.Presences(ctx)
	if err != nil {
		return found, err
	}
	records, err := session.Ledger().Nodes(ctx)
	if err != nil {
		return found, err
	}
	if found.blind = !anyFresh(entries); found.blind {
		return found, nil
	}
	if m.watchedSince = since; since.IsZero() {
		m.watchedSince = found.at
	}
	known := make(map[string]ledger.Node, len(records))
	for _, record := range records {
		known[record.ID] = record
	}
	sightings := sightings(entries, presences, known)
	for id, sighting := range sightings {
		sighting.watched = found.at.Sub(m.watchedSince)
		record, listed := known[id]
		if !listed {
			record = ledger.Node{NodeReport: ledger.NodeReport{ID: id}, Desired: ledger.NodeActive, Health: ledger.NodeUnknown}
		}
		if err := m.judge(ctx, session, record, sighting, &found); err != nil {
			return found, err
		}
	}
	return found, nil
}

// sightings are of the nodes in the ledger, and of those that have just begun to report.
func sightings(entries []nodes.Entry, presences map[string]nodes.Presence, known map[string]ledger.Node) map[string]sighting {
	all := map[string]sighting{}
	for id := range known {
		all[id] = sighting{}
	}
	for _, entry := range entries {
		if _, listed := known[entry.NodeID]; listed || entry.IsFresh() {
			all[entry.NodeID] = sighting{entry: entry, reported: true}
		}
	}
	for id, s := range all {
		s.presence, s.observed = presences[id]
		all[id] = s
	}
	return all
}

// judge records what a look says of one node.
func (m *monitor) judge(ctx context.Context, session *ledger.Session, record ledger.Node, s sighting, found *overview) error {
	if record.Desired == ledger.NodeRemoved {
		if s.entry.IsFresh() && s.reported {
			found.find("node %s is removed and its worker still runs", record.ID)
		}
		delete(m.state.Nodes, record.ID)
		return nil
	}
	verdict := s.judge()
	if verdict.health == ledger.NodeHealthy {
		if err := see(ctx, session, s.entry); err != nil {
			return err
		}
	}
	health := recovered(record.Health, verdict, m.wellFor(record.ID, verdict), m.config.Interval)
	reason := verdict.reason
	if health == record.Health && ill(health) && verdict.health == ledger.NodeHealthy {
		reason = "it reports again; not for long enough yet"
	}
	if health != record.Health || reason != "" && record.HealthReason == "" {
		if err := session.SetHealth(ctx, record.ID, health, reason); err != nil {
			return err
		}
		m.rt.Logger.Info("a node's health", "subject", record.ID, "was", record.Health, "is", health, "reason", reason)
	}
	found.count(record, health, reason)
	return m.alarm(record.ID, health, verdict)
}

// wellFor is how long a node has been seen well without a break.
func (m *monitor) wellFor(id string, v verdict) time.Duration {
	node, now := m.state.Nodes[id], m.rt.Now().UTC()
	defer func() { m.state.Nodes[id] = node }()
	if v.health != ledger.NodeHealthy {
		node.WellSince = time.Time{}
		return 0
	}
	if node.WellSince.IsZero() {
		node.WellSince = now
	}
	return now.Sub(node.WellSince)
}

// alarm tells when a node becomes ill, and when one of which that was told is well again.
func (m *monitor) alarm(id string, health ledger.NodeHealth, v verdict) error {
	node := m.state.Nodes[id]
	content := bus.NodeVerdict{NodeID: id, Reason: v.reason, Misses: v.misses, Since: m.rt.Now().UTC()}
	var payload bus.Payload
	switch {
	case ill(health) && v.health != ledger.NodeHealthy && !v.left && !node.Alarmed:
		node.Alarmed, payload = true, bus.NodeUnhealthy{NodeVerdict: content}
	case health == ledger.NodeHealthy && node.Alarmed:
		content.Reason = "it reports again"
		node.Alarmed, payload = false, bus.NodeRecovered{NodeVerdict: content}
	default:
		return nil
	}
	m.state.Nodes[id] = node
	return m.tell(payload)
}

// see brings a node's record up to date with its report.
func see(ctx context.Context, session *ledger.Session, entry nodes.Entry) error {
	capacity, err := json.Marshal(entry.Capacity)
	if err != nil {
		return fmt.Errorf("encode capacity of node %s: %w", entry.NodeID, err)
	}
	roles := make([]string, len(entry.Roles))
	for i, role := range entry.Roles {
		roles[i] = string(role)
	}
	return session.NodeSeen(ctx, ledger.NodeReport{
		ID: entry.NodeID, Roles: roles, Labels: entry.Labels, Addresses: entry.Addresses,
		Capacity: capacity, Version: entry.Version,
	})
}

func anyFresh(entries []nodes.Entry) bool {
	for _, entry := range entries {
		if entry.IsFresh() {
			return true
		}
	}
	return false
}

// waitForLedger makes an absent ledger something to wait for.
func waitForLedger(err error) error {
	if ledger.IsUnavailable(err) {
		return host.Dependency(err)
	}
	return err
}
