package jobs

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// preempt has less important jobs of one node make room for an urgent one: as few as possible.
func (p *placer) preempt(fit []*site, job ledger.Job) bool {
	var chosen *site
	var victims []ledger.Job
	for _, site := range fit {
		found := p.victims(site, job)
		if len(found) > 0 && (chosen == nil || len(found) < len(victims)) {
			chosen, victims = site, found
		}
	}
	if chosen == nil {
		return false
	}
	for _, victim := range victims {
		chosen.soon = plus(chosen.soon, need(victim))
		chosen.lend(victim, -1)
		chosen.leased = slices.DeleteFunc(chosen.leased, func(j ledger.Job) bool { return j.ID == victim.ID })
		reason := fmt.Sprintf("%s job %s needs its place", job.Class, job.ID)
		p.placement.Preemptions = append(p.placement.Preemptions, Preemption{victim, reason})
	}
	chosen.reserve(job)
	return true
}

// victims are jobs whose room, with what comes free anyway, is enough for a job; none if there is no such choice.
func (p *placer) victims(site *site, job ledger.Job) []ledger.Job {
	possible := slices.DeleteFunc(slices.Clone(site.leased), func(victim ledger.Job) bool { return !p.mayPreempt(victim, job) })
	slices.SortFunc(possible, func(a, b ledger.Job) int {
		return cmp.Or(cmp.Compare(b.Class, a.Class), cmp.Compare(a.Priority, b.Priority), b.StartedAt.Compare(a.StartedAt), cmp.Compare(a.ID, b.ID))
	})
	room, count := site.open(job, site.soon), 0
	for ; count < len(possible) && !fits(need(job), room); count++ {
		room = plus(room, freed(possible[count], job))
	}
	if !fits(need(job), room) {
		return nil
	}
	chosen := possible[:count]
	for i := len(chosen) - 1; i >= 0; i-- { // one taken early may not be needed after a larger one
		if without := minus(room, freed(chosen[i], job)); fits(need(job), without) {
			room, chosen = without, slices.Delete(chosen, i, i+1)
		}
	}
	return chosen
}

func (p *placer) mayPreempt(victim, job ledger.Job) bool {
	if victim.Class <= job.Class || p.snapshot.Leaving[victim.Lease()] {
		return false
	}
	young := victim.StartedAt.IsZero() || p.snapshot.Now.Sub(victim.StartedAt) < p.policy.PreemptYoung
	return young || slices.Contains(p.policy.Checkpointed, victim.Kind)
}
