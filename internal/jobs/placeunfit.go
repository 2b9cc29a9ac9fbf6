package jobs

import (
	"cmp"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Unfit says why a node cannot run a job now, empty if it can: the look of Place at one node and one job.
func Unfit(s Snapshot, p Policy, node string, job ledger.Job) string {
	if !slices.ContainsFunc(s.Nodes, func(known ledger.Node) bool { return known.ID == node }) {
		return "it is not known"
	}
	return Refusals(s, p, job)[node]
}

// Refusals says of each node that cannot run a job now why, by the node's name.
func Refusals(s Snapshot, p Policy, job ledger.Job) map[string]string {
	open, refusals := sites(s, p)
	for _, site := range open {
		if why := site.refuses(job, p, s.Now); why != "" {
			refusals[site.node.ID] = why
		}
	}
	return refusals
}

func (s *site) refuses(job ledger.Job, p Policy, now time.Time) string {
	room := "it has no room"
	if s.hasRoom(job, s.free) {
		room = ""
	}
	return cmp.Or(s.unfit(job, p, now), room)
}
