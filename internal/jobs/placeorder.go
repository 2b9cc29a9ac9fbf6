package jobs

import (
	"cmp"
	"slices"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// ranked orders the candidates: critical ones first, then those of configs within their quota, then by class with
// ageing, then by priority. Among equals the configs take turns, those with fewer running jobs first.
func ranked(s Snapshot, p Policy) []ledger.Job {
	ranks := make([]rank, 0, len(s.Candidates))
	over := p.OverQuota(s.HostTimes)
	for _, job := range s.Candidates {
		level := agedClass(job, s, p)
		ranks = append(ranks, rank{job: job, level: level, over: level != ledger.Critical && slices.Contains(over, job.ConfigKey)})
	}
	slices.SortFunc(ranks, func(a, b rank) int { return cmp.Or(a.compare(b), a.compareAge(b)) })
	giveTurns(ranks, s.Leased)
	slices.SortFunc(ranks, func(a, b rank) int {
		return cmp.Or(a.compare(b), cmp.Compare(a.turn, b.turn), a.compareAge(b))
	})
	jobs := make([]ledger.Job, len(ranks))
	for i, rank := range ranks {
		jobs[i] = rank.job
	}
	return jobs
}

type rank struct {
	job   ledger.Job
	level ledger.Class // with ageing
	over  bool         // its config has used up its share
	turn  int          // of its config: how many of its jobs come before, running ones included
}

// compare orders by everything but the turns and the age.
func (r rank) compare(o rank) int {
	return cmp.Or(
		compareBool(r.level != ledger.Critical, o.level != ledger.Critical), compareBool(r.over, o.over),
		cmp.Compare(r.level, o.level), cmp.Compare(o.job.Priority, r.job.Priority),
	)
}

func (r rank) compareAge(o rank) int {
	return cmp.Or(r.job.ReadyAt.Compare(o.job.ReadyAt), cmp.Compare(r.job.ID, o.job.ID))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// giveTurns numbers the jobs of each config among their equals, from how many of the config run already.
func giveTurns(sorted []rank, leased []ledger.Job) {
	running := map[string]int{}
	for _, job := range leased {
		running[job.ConfigKey]++
	}
	turns := map[string]int{}
	for i := range sorted {
		if i > 0 && sorted[i].compare(sorted[i-1]) != 0 {
			clear(turns)
		}
		config := sorted[i].job.ConfigKey
		sorted[i].turn = running[config] + turns[config]
		turns[config]++
	}
}

// agedClass is a job's class after its waiting. Only a job that was submitted as critical is critical.
func agedClass(job ledger.Job, s Snapshot, p Policy) ledger.Class {
	if job.Class <= ledger.High || p.Ageing <= 0 {
		return job.Class
	}
	steps := ledger.Class(max(0, s.Now.Sub(job.ReadyAt)) / p.Ageing)
	return max(ledger.High, job.Class-steps)
}
