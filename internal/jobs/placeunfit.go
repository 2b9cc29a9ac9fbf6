package jobs

import "github.com/ringrift/orchestrator/internal/ledger"

// Unfit says why a node cannot run a job now, empty if it can: the look of Place at one node and one job.
func Unfit(s Snapshot, p Policy, node string, job ledger.Job) string {
	open, closed := sites(s, p)
	if why := closed[node]; why != "" {
		return why
	}
	for _, site := range open {
		if site.node.ID != node {
			continue
		}
		if why := site.unfit(job, p, s.Now); why != "" {
			return why
		}
		if !site.hasRoom(job, site.free) {
			return "it has no room"
		}
		return ""
	}
	return "it is not known"
}
