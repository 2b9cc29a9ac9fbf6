package jobs

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Snapshot is what is known of the queue and the nodes at one moment.
type Snapshot struct {
	Now    time.Time // of the ledger's clock
	Nodes  []ledger.Node
	Leased []ledger.Job // all that nodes have
	// Leaving are those of the leased jobs that were told to end: their room comes free.
	Leaving    map[ledger.Lease]bool
	Candidates []ledger.Job
	// Failures and HostTimes are of the policy's FailureWindow and QuotaWindow.
	Failures  []ledger.NodeFailures
	HostTimes []ledger.HostTime
}

// Grant gives a job to a node.
type Grant struct {
	Job  ledger.Job
	Node string
}

// Preemption takes a job from its node.
type Preemption struct {
	Job    ledger.Job
	Reason string
}

// Placement is what is to be done now, the most urgent first.
type Placement struct {
	Grants      []Grant
	Preemptions []Preemption
	// Refused counts the candidates that got no place, by the reason.
	Refused map[string]int
}

// Place decides which job goes where. It is a pure function: the same snapshot gives the same placement.
//
// Jobs come by rank (see ranked). Each goes to the best node that may run it and has room for it. One that finds no
// room keeps what is about to come free for itself, if that is enough, or else, if it is urgent, has less important
// jobs make room, or else, if it has waited for long, keeps one node from filling up with what comes behind it.
func Place(s Snapshot, p Policy) Placement {
	placer := newPlacer(s, p)
	placer.clearDraining()
	for _, job := range ranked(s, p) {
		if reason := placer.place(job); reason != "" {
			placer.placement.Refused[reason]++
		}
	}
	return placer.placement
}

// placer is one run of Place.
type placer struct {
	snapshot  Snapshot
	policy    Policy
	sites     []*site
	kinds     map[string]int // leased and granted jobs by kind
	gpus      gpuShare
	placement Placement
}

func newPlacer(s Snapshot, p Policy) *placer {
	placer := &placer{snapshot: s, policy: p, kinds: map[string]int{}, placement: Placement{Refused: map[string]int{}}}
	placer.sites, _ = sites(s, p)
	placer.gpus.keep = p.TrainingGPUs
	for _, site := range placer.sites {
		placer.gpus.all += site.total.GPU
	}
	for _, job := range s.Leased {
		placer.kinds[job.Kind]++
		placer.gpus.add(job)
	}
	return placer
}

// place finds a place for a job, or returns why there is none.
func (p *placer) place(job ledger.Job) (refused string) {
	if most, capped := p.policy.KindCaps[job.Kind]; capped && p.kinds[job.Kind] >= most {
		return fmt.Sprintf("%d %s jobs run, which is the most", most, job.Kind)
	}
	fit, reason := p.fitting(job)
	if len(fit) == 0 {
		return reason
	}
	if !p.gpus.allow(job) {
		return "the GPUs that are left are kept for training"
	}
	if best := bestSite(fit, job); best != nil {
		best.take(job)
		p.kinds[job.Kind]++
		p.gpus.add(job)
		p.placement.Grants = append(p.placement.Grants, Grant{Job: job, Node: best.node.ID})
		return ""
	}
	p.insist(fit, job)
	return "no node that may run it has room"
}

// insist makes sure that a job which has no room now gets some.
func (p *placer) insist(fit []*site, job ledger.Job) {
	for _, site := range fit {
		if fits(need(job), site.open(job, site.soon)) {
			site.reserve(job)
			return
		}
	}
	if job.Class <= p.policy.PreemptFor && p.preempt(fit, job) {
		return
	}
	if p.snapshot.Now.Sub(job.ReadyAt) < p.policy.Patience {
		return
	}
	for _, site := range fit {
		if !site.reserved {
			site.reserve(job)
			return
		}
	}
}

// fitting are the sites that could run a job if they were empty, without those that it avoids if there are others.
func (p *placer) fitting(job ledger.Job) (fit []*site, reason string) {
	reason = "no node takes jobs"
	for _, site := range p.sites {
		why := site.unfit(job, p.policy, p.snapshot.Now)
		if why == "" {
			fit = append(fit, site)
			continue
		}
		reason = why
	}
	avoided := func(s *site) bool { return slices.Contains(job.AvoidedNodes, s.node.ID) }
	if others := slices.DeleteFunc(slices.Clone(fit), avoided); len(others) > 0 {
		return others, ""
	}
	return fit, reason
}

// clearDraining moves the jobs of nodes away that operators want empty.
func (p *placer) clearDraining() {
	draining := map[string]bool{}
	for _, node := range p.snapshot.Nodes {
		if node.Desired == ledger.NodeDraining || node.Desired == ledger.NodeRemoved {
			draining[node.ID] = true
		}
	}
	for _, job := range p.snapshot.Leased {
		if draining[job.Node] && !p.snapshot.Leaving[job.Lease()] {
			p.placement.Preemptions = append(p.placement.Preemptions, Preemption{job, fmt.Sprintf("node %s is drained", job.Node)})
		}
	}
}

// gpuShare keeps a part of the GPUs for training.
type gpuShare struct {
	all, others int64 // others are those that other kinds than training use
	keep        float64
}

func (g *gpuShare) add(job ledger.Job) {
	if job.Kind != KindTrain {
		g.others += job.Resources.GPU
	}
}

func (g *gpuShare) allow(job ledger.Job) bool {
	if job.Kind == KindTrain || job.Resources.GPU == 0 {
		return true
	}
	return g.others+job.Resources.GPU <= g.all-int64(g.keep*float64(g.all))
}
