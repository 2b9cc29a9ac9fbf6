package jobs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
)

const megabyte = 1 << 20

// site is a node that may get jobs, and the room it has.
type site struct {
	node     ledger.Node
	total    ledger.Resources // all of it known
	vram     []int64          // of each GPU in MiB; 0: unknown
	free     ledger.Resources // now
	soon     ledger.Resources // once what was told to end has ended
	lent     float64          // CPUs of jobs that yield
	slots    int              // for more jobs
	kinds    map[string]int
	leased   []ledger.Job
	leaving  map[ledger.Lease]bool
	reserved bool // for a job that has waited for long, or waits for room that comes free
}

// sites are the nodes that may get jobs, by id, and why each of the others may not.
func sites(s Snapshot, p Policy) (all []*site, closed map[string]string) {
	tired, full := p.failed(s.Failures), diskFull(s.Failures, p.FailureWindow)
	closed = map[string]string{}
	var resting []*site
	for _, node := range s.Nodes {
		capacity, why := p.closed(node, s.Now)
		why = cmp.Or(why, full[node.ID])
		switch {
		case why != "":
			closed[node.ID] = why
		case tired[node.ID] != "":
			closed[node.ID] = tired[node.ID]
			resting = append(resting, newSite(node, capacity, s, p))
		default:
			all = append(all, newSite(node, capacity, s, p))
		}
	}
	if len(all) == 0 { // no node does better: to rest would be to stand still
		all = resting
		for _, site := range all {
			delete(closed, site.node.ID)
		}
	}
	slices.SortFunc(all, func(a, b *site) int { return cmp.Compare(a.node.ID, b.node.ID) })
	return all, closed
}

// closed says why a node gets no jobs at all, and otherwise what it has. What is not known is never taken for free.
func (p Policy) closed(node ledger.Node, now time.Time) (capacity nodes.Capacity, why string) {
	switch {
	case node.Desired != ledger.NodeActive:
		return capacity, "it is " + string(node.Desired)
	case node.Health != ledger.NodeHealthy && node.Health != ledger.NodeSuspect:
		return capacity, "its health is " + string(node.Health)
	case now.Sub(node.LastSeen) >= p.MaxUnseen:
		return capacity, fmt.Sprintf("it was not seen for %s", now.Sub(node.LastSeen).Truncate(time.Second))
	case json.Unmarshal(node.Capacity, &capacity) != nil:
		return capacity, "its capacity is not known"
	}
	_, cpusKnown := capacity.CPUs.Get()
	memory, memoryKnown := capacity.Memory.Get()
	disk, diskKnown := capacity.Disk.Get()
	switch {
	case !cpusKnown || !memoryKnown || !diskKnown:
		return capacity, "its CPUs, memory or disk are not known"
	case memory.UsedShare() > p.MaxMemory:
		return capacity, fmt.Sprintf("its memory is %.0f %% full", memory.UsedShare()*100)
	case disk.UsedShare() > p.MaxDisk:
		return capacity, fmt.Sprintf("its disk is %.0f %% full", disk.UsedShare()*100)
	}
	return capacity, ""
}

func newSite(node ledger.Node, capacity nodes.Capacity, s Snapshot, p Policy) *site {
	cpus, _ := capacity.CPUs.Get() // known: see closed
	memory, _ := capacity.Memory.Get()
	disk, _ := capacity.Disk.Get()
	gpus, _ := capacity.GPUs.Get() // unknown ones are not there to use
	site := &site{
		node: node, slots: p.NodeJobs, kinds: map[string]int{}, leaving: s.Leaving,
		total: ledger.Resources{
			CPU: cpus, MemMB: int64(memory.Total / megabyte), GPU: int64(len(gpus)),
			VRAMMB: math.MaxInt64, DiskMB: int64(disk.Free / megabyte),
		},
	}
	for _, gpu := range gpus {
		memoryMB := int64(0)
		if gpu.MemoryMB != nil {
			memoryMB = *gpu.MemoryMB
		}
		site.vram = append(site.vram, memoryMB)
	}
	site.free, site.soon = site.total, site.total
	for _, job := range s.Leased {
		if job.Node == node.ID {
			site.host(job)
		}
	}
	// Others use memory too, and jobs use what they did not ask for.
	coming := site.soon.MemMB - site.free.MemMB
	measured := int64(memory.Free / megabyte)
	site.free.MemMB = min(site.free.MemMB, measured)
	site.soon.MemMB = min(site.soon.MemMB, measured+coming)
	return site
}

// host counts a job that the node has already.
func (s *site) host(job ledger.Job) {
	s.leased = append(s.leased, job)
	s.take(job)
	if s.leaving[job.Lease()] {
		s.soon = plus(s.soon, need(job))
		s.lend(job, -1)
	}
}

// take counts a job as one that the node has.
func (s *site) take(job ledger.Job) {
	s.slots--
	s.kinds[job.Kind]++
	s.free, s.soon = minus(s.free, need(job)), minus(s.soon, need(job))
	s.lend(job, 1)
}

// reserve keeps room for a job that has none yet.
func (s *site) reserve(job ledger.Job) {
	s.reserved = true
	s.free, s.soon = minus(s.free, need(job)), minus(s.soon, need(job))
}

// unfit says why a job cannot run on the node even if that were empty.
func (s *site) unfit(job ledger.Job, p Policy, now time.Time) string {
	most, capped := p.PerNode[job.Kind]
	switch {
	case job.TargetNode != "" && job.TargetNode != s.node.ID && (job.TargetUntil.IsZero() || job.TargetUntil.After(now)):
		return "it is kept for node " + job.TargetNode
	case slices.Contains(job.ExcludedNodes, s.node.ID):
		return "it excludes every node that could run it"
	case !s.plays(job.Kind):
		return "no node has the role for " + job.Kind
	case missing(s.node.Labels, job.Labels) != "":
		return "no node has the label " + missing(s.node.Labels, job.Labels)
	case slices.Contains(s.node.Labels, LabelEphemeral) && !p.mayBeEphemeral(job):
		return "it does not run on ephemeral nodes"
	case s.devices(job.Resources.VRAMMB) < job.Resources.GPU:
		return "no node has the GPUs that it needs"
	case !fits(need(job), s.total):
		return "no node is large enough"
	case capped && s.kinds[job.Kind] >= most:
		return fmt.Sprintf("a node may have %d %s jobs at once, and each has", most, job.Kind)
	}
	return ""
}

// plays says whether the node's roles allow a kind of jobs: storage nodes and mere coordinators have none.
func (s *site) plays(kind string) bool {
	has := func(role spec.Role) bool {
		return len(s.node.Roles) == 0 || slices.Contains(s.node.Roles, string(role))
	}
	switch kind {
	case KindSelfplay:
		return has(spec.RoleSelfplay)
	case KindTrain, "distill":
		return has(spec.RoleTraining)
	}
	return has(spec.RoleSelfplay) || has(spec.RoleTraining)
}

func (p Policy) mayBeEphemeral(job ledger.Job) bool {
	limit := time.Duration(job.RunLimitSeconds) * time.Second
	return job.Class != ledger.Critical && !slices.Contains(p.Steady, job.Kind) && limit > 0 && limit <= p.EphemeralLimit
}

// devices counts the GPUs that are known to have so much memory.
func (s *site) devices(vramMB int64) (count int64) {
	for _, memory := range s.vram {
		if memory >= vramMB {
			count++
		}
	}
	return count
}

func missing(has, wanted []string) string {
	for _, label := range wanted {
		if !slices.Contains(has, label) {
			return label
		}
	}
	return ""
}

func (s *site) hasRoom(job ledger.Job, room ledger.Resources) bool {
	return s.slots > 0 && fits(need(job), s.open(job, room))
}
