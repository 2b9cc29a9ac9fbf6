package jobs

import (
	"encoding/json"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// need is what a job takes from a node. Who asks for no CPU gets one all the same. The memory of GPUs is a matter of
// the device, not of a sum.
func need(job ledger.Job) ledger.Resources {
	need := job.Resources
	if need.CPU == 0 {
		need.CPU = 1
	}
	need.VRAMMB = 0
	return need
}

// fits says whether there is room. What a job does not need may be overdrawn.
func fits(need, room ledger.Resources) bool {
	const rounding = 1e-6 // of sums of parts of a core
	return need.CPU <= room.CPU+rounding && (need.MemMB == 0 || need.MemMB <= room.MemMB) &&
		(need.GPU == 0 || need.GPU <= room.GPU) && (need.DiskMB == 0 || need.DiskMB <= room.DiskMB)
}

func plus(a, b ledger.Resources) ledger.Resources {
	a.CPU += b.CPU
	a.MemMB += b.MemMB
	a.GPU += b.GPU
	a.DiskMB += b.DiskMB
	return a
}

func minus(a, b ledger.Resources) ledger.Resources {
	a.CPU -= b.CPU
	a.MemMB -= b.MemMB
	a.GPU -= b.GPU
	a.DiskMB -= b.DiskMB
	return a
}

// bestSite is where a job goes: where its checkpoint is, else on a node whose GPUs it does not block, else where most
// is left; nil if no site has room.
func bestSite(fit []*site, job ledger.Job) (best *site) {
	checkpoint := checkpointNode(job)
	for _, site := range fit {
		if !site.hasRoom(job, site.free) {
			continue
		}
		if best == nil || site.better(best, job, checkpoint) {
			best = site
		}
	}
	return best
}

func (s *site) better(than *site, job ledger.Job, checkpoint string) bool {
	if here := s.node.ID == checkpoint; here != (than.node.ID == checkpoint) {
		return here
	}
	if job.Resources.GPU == 0 && (s.free.GPU > 0) != (than.free.GPU > 0) {
		return s.free.GPU == 0
	}
	return s.left() > than.left()
}

// left is the share of the CPUs that is free.
func (s *site) left() float64 { return s.free.CPU / max(s.total.CPU, 1) }

// checkpointNode is the node that has the job's checkpoint, empty if there is none.
func checkpointNode(job ledger.Job) string {
	var checkpoint Checkpoint
	if job.ResumeFrom == "" || json.Unmarshal([]byte(job.ResumeFrom), &checkpoint) != nil {
		return "" // what a foreign tool has written is no reason to stay away
	}
	return checkpoint.Node
}

// Room is what the nodes that may get jobs have for more of them.
type Room struct {
	// Nodes are those nodes; Closed says of each of the others why.
	Nodes  []string
	Closed map[string]string
	// Free is the most that any of the nodes has free, resource by resource; Total the most that any has at all.
	Free, Total ledger.Resources
}

// FindRoom looks at the nodes alone, for those who have yet to choose candidates.
func FindRoom(s Snapshot, p Policy) Room {
	open, closed := sites(s, p)
	room := Room{Closed: closed}
	for _, site := range open {
		room.Nodes = append(room.Nodes, site.node.ID)
		room.Total = most(room.Total, site.total)
		if site.slots > 0 {
			room.Free = most(room.Free, site.free)
		}
	}
	return room
}

func most(a, b ledger.Resources) ledger.Resources {
	return ledger.Resources{
		CPU: max(a.CPU, b.CPU), MemMB: max(a.MemMB, b.MemMB), GPU: max(a.GPU, b.GPU),
		VRAMMB: max(a.VRAMMB, b.VRAMMB), DiskMB: max(a.DiskMB, b.DiskMB),
	}
}
