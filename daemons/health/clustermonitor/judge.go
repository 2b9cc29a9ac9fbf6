package clustermonitor

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

// How many reports in a row a node must have missed.
const (
	missesUnhealthy = 3
	missesEvicted   = 5
	missesOffline   = 12
)

// sighting is what is known of one node at one look.
type sighting struct {
	entry    nodes.Entry
	reported bool // ever, within a week
	presence nodes.Presence
	observed bool // by any member of another node
	// watched is for how long this observer has seen anybody report without a break.
	watched time.Duration
}

// verdict is what a sighting means.
type verdict struct {
	health ledger.NodeHealth
	reason string
	misses int
	// left says that the node went on purpose: that alarms nobody.
	left bool
}

// judge is a pure function of the sighting. It knows nothing of the past: recovered adds the patience.
func (s sighting) judge() verdict {
	if s.reported && s.entry.IsFresh() {
		return verdict{health: ledger.NodeHealthy}
	}
	misses := s.misses()
	switch {
	case s.observed && !s.presence.Online && s.presence.Left:
		return verdict{ledger.NodeOffline, "it has left", misses, true}
	case s.observed && !s.presence.Online:
		return verdict{ledger.NodeOffline, "it neither reports nor answers its peers", misses, false}
	case !s.reported:
		return verdict{ledger.NodeOffline, "it has not reported for a week", misses, false}
	}
	reason := fmt.Sprintf("its last report is %s old", s.entry.Age.Round(time.Second))
	switch {
	case misses >= missesOffline:
		return verdict{ledger.NodeOffline, reason, misses, false}
	case misses >= missesEvicted:
		return verdict{ledger.NodeEvicted, reason, misses, false}
	case misses >= missesUnhealthy:
		return verdict{ledger.NodeUnhealthy, reason, misses, false}
	}
	return verdict{ledger.NodeSuspect, reason, misses, false}
}

// misses is how many reports are overdue. It follows from the age alone, so a look more or less changes nothing; but what
// nobody could report, as while the bus was away, nobody has missed.
func (s sighting) misses() int {
	if !s.reported {
		return missesOffline
	}
	return 1 + int(max(min(s.entry.Age-nodes.Fresh, s.watched), 0)/nodes.ReportInterval)
}

// severity orders the states of health from well to lost.
func severity(health ledger.NodeHealth) int {
	return slices.Index([]ledger.NodeHealth{
		ledger.NodeHealthy, ledger.NodeUnknown, ledger.NodeSuspect, ledger.NodeUnhealthy, ledger.NodeEvicted, ledger.NodeOffline,
	}, health)
}

// ill says whether a state of health takes two good looks to leave, and is worth an event.
func ill(health ledger.NodeHealth) bool { return severity(health) >= severity(ledger.NodeUnhealthy) }

// recovered is what becomes of a node's health: what is worse counts at once, and what is better only from a good
// look on; an ill node needs to be well for a whole interval, that is at two looks.
func recovered(current ledger.NodeHealth, seen verdict, wellFor, interval time.Duration) ledger.NodeHealth {
	switch {
	case seen.health != ledger.NodeHealthy:
		if severity(seen.health) > severity(current) {
			return seen.health
		}
		return current
	case ill(current) && wellFor < interval:
		return current
	}
	return ledger.NodeHealthy
}
