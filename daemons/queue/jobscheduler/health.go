package jobscheduler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter = time.Minute
	// idleFor is how long jobs may wait while nodes have nothing to do, or none takes any.
	idleFor = time.Minute
	// crowded is how many jobs beside idle nodes are worth a word.
	crowded = 100
	// manyOver is how many configs over their quota are worth a word.
	manyOver    = 3
	maxFindings = 50
)

// round is what one round found and did.
type round struct {
	at       time.Time
	leased   int
	pending  int64
	nodes    int
	idle     int // nodes that take jobs and have none
	granted  int
	more     bool // than one round grants
	refused  map[string]int
	findings []string
	closed   string // why no node takes jobs
	// idleSince is when jobs began to wait without any grant while nodes were idle or none took any.
	idleSince time.Time
}

func (r *round) find(format string, args ...any) {
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}

// see notes what the nodes and the queue are like.
func (r *round) see(room jobs.Room, snapshot jobs.Snapshot, counts []ledger.JobCount, policy jobs.Policy) {
	for _, count := range counts {
		if count.Status == ledger.Pending {
			r.pending += count.Jobs
		}
	}
	busy := map[string]bool{}
	for _, job := range snapshot.Leased {
		busy[job.Node] = true
	}
	r.nodes = len(room.Nodes)
	for _, node := range room.Nodes {
		if !busy[node] {
			r.idle++
		}
	}
	var closed []string
	for _, node := range slices.Sorted(maps.Keys(room.Closed)) {
		closed = append(closed, fmt.Sprintf("node %s takes no jobs: %s", node, room.Closed[node]))
	}
	r.findings = append(r.findings, closed...)
	if r.nodes == 0 {
		r.closed = cmp.Or(strings.Join(closed, "; "), "no node is known")
	}
	if over := policy.OverQuota(snapshot.HostTimes); len(over) > manyOver {
		r.find("%d configs are over their quota", len(over))
	}
}

// Health implements host.Checker: the scheduler is well as long as its rounds end and what can be placed is placed.
func (s *scheduler) Health(context.Context) spec.Health {
	s.mu.Lock()
	last := s.last
	s.mu.Unlock()
	now := s.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	}
	last.findings = slices.Clone(last.findings)
	for _, reason := range slices.Sorted(maps.Keys(last.refused)) {
		last.find("%d jobs wait: %s", last.refused[reason], reason)
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: last.findings[:min(len(last.findings), maxFindings)],
		Details: map[string]any{
			"last_success_at": last.at, "pending": last.pending, "running": last.leased, "nodes": last.nodes, "nodes_idle": last.idle,
		},
	}
	switch age := now.Sub(last.at); {
	case age > s.config.Interval+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	case last.idleSince.IsZero() || now.Sub(last.idleSince) <= idleFor:
	case last.closed != "":
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("%d jobs wait: %s", last.pending, last.closed)
	case last.pending > crowded:
		health.Status = spec.HealthDegraded
		health.Message = fmt.Sprintf("%d jobs wait and %d nodes have nothing to do", last.pending, last.idle)
	}
	return health
}

// keep remembers the round, and since when there is work for nobody.
func (s *scheduler) keep(found round) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found.pending > 0 && (found.idle > 0 || found.nodes == 0) && found.granted == 0 {
		found.idleSince = s.last.idleSince
		if found.idleSince.IsZero() {
			found.idleSince = found.at
		}
	}
	s.last = found
}
