package jobscheduler

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
)

// urgent is how many of the first jobs of the queue are looked at even if they fit nowhere now: they may have others
// make room.
const urgent = 20

// placeJobs grants what there is room for, and has jobs make room for more urgent ones.
func (s *scheduler) placeJobs(ctx context.Context, session *ledger.Session, leased []ledger.Job, found *round) error {
	if len(leased) == pageOfLeases {
		found.find("%d jobs run, which is the most that one scheduler looks after", len(leased))
		return nil
	}
	policy := s.config.Policy()
	snapshot, err := s.look(ctx, session.Ledger(), policy, leased, found)
	if err != nil {
		return err
	}
	placement := jobs.Place(snapshot, policy)
	found.refused = placement.Refused
	if err := s.preempt(ctx, placement.Preemptions); err != nil {
		return err
	}
	found.more = len(placement.Grants) > s.config.Grants
	placement.Grants = placement.Grants[:min(len(placement.Grants), s.config.Grants)]
	found.granted = len(placement.Grants)
	group, granting := errgroup.WithContext(ctx)
	group.SetLimit(asking)
	for _, grant := range placement.Grants {
		group.Go(func() error { return s.grant(granting, session, grant) })
	}
	return group.Wait()
}

// look collects what Place needs to know.
func (s *scheduler) look(ctx context.Context, l *ledger.Ledger, policy jobs.Policy, leased []ledger.Job, found *round) (jobs.Snapshot, error) {
	snapshot, err := jobs.Observe(ctx, l, policy, leased)
	if err != nil {
		return snapshot, err
	}
	snapshot.Leaving = s.leaving(leased)
	if snapshot.HostTimes, err = l.HostTimes(ctx, policy.QuotaWindow); err != nil {
		return snapshot, err
	}
	counts, err := l.JobCounts(ctx)
	if err != nil {
		return snapshot, err
	}
	room := jobs.FindRoom(snapshot, policy)
	found.see(room, snapshot, counts, policy)
	if found.pending == 0 || len(room.Nodes) == 0 {
		return snapshot, nil
	}
	snapshot.Candidates, err = s.candidates(ctx, l, policy, snapshot, room, kindsWithRoom(counts, policy))
	return snapshot, err
}

// candidates are the jobs that could be placed now, those of configs within their quota among them however many others
// there are, and the first of the whole queue.
func (s *scheduler) candidates(ctx context.Context, l *ledger.Ledger, policy jobs.Policy, snapshot jobs.Snapshot, room jobs.Room, kinds []string) ([]ledger.Job, error) {
	now := ledger.CandidateFilter{Kinds: kinds, Nodes: room.Nodes, Largest: &room.Free, Limit: s.config.Candidates}
	first := ledger.CandidateFilter{Kinds: kinds, Nodes: room.Nodes, Largest: &room.Total, Limit: urgent}
	filters := []ledger.CandidateFilter{first}
	if room.Free.CPU > 0 { // every job takes some
		filters = append(filters, now)
	}
	if over := policy.OverQuota(snapshot.HostTimes); len(over) > 0 && room.Free.CPU > 0 {
		within := now
		within.WithoutConfigs = over[:min(len(over), pageOfLeases)]
		filters = append(filters, within)
	}
	var all []ledger.Job
	known := map[string]bool{}
	for _, filter := range filters {
		some, err := l.JobCandidates(ctx, filter)
		if err != nil {
			return nil, err
		}
		for _, job := range some {
			if !known[job.ID] {
				known[job.ID] = true
				all = append(all, job)
			}
		}
	}
	return all, nil
}

// kindsWithRoom are the kinds of the queued jobs that are below their caps, nil if all are.
func kindsWithRoom(counts []ledger.JobCount, policy jobs.Policy) []string {
	leased := map[string]int{}
	for _, count := range counts {
		running := 0
		if count.Status == ledger.Claimed || count.Status == ledger.Running {
			running = int(count.Jobs)
		}
		leased[count.Kind] += running
	}
	var open []string
	for kind, jobs := range leased {
		if most, capped := policy.KindCaps[kind]; !capped || jobs < most {
			open = append(open, kind)
		}
	}
	if len(open) == len(leased) {
		return nil
	}
	slices.Sort(open)
	if len(open) == 0 {
		return []string{"-"} // none: an empty filter would be all of them
	}
	return open
}

// grant claims a job for its node and starts its workflow.
func (s *scheduler) grant(ctx context.Context, session *ledger.Session, grant jobs.Grant) error {
	claimed, err := session.ClaimJob(ctx, grant.Job.ID, grant.Node, s.config.Lease)
	if errors.Is(err, ledger.ErrConflict) || errors.Is(err, ledger.ErrNotFound) {
		return nil // cancelled, or changed otherwise, since it was read
	}
	if err != nil {
		return err
	}
	started, err := s.rt.Jobs.Grant(ctx, grantOf(claimed))
	if err != nil {
		return waitForTemporal(ctx, err)
	}
	if started {
		s.memory.noteGranted(claimed.Lease())
	}
	return s.tellClaimed(ctx, claimed)
}
