package startup

import (
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Member is one daemon's part in a start-up.
type Member struct {
	Daemon spec.Type
	// StartedAt is when it began to start, ReadyAt when it was ready; zero: it was not, or is not yet.
	StartedAt, ReadyAt time.Time
	// WaitedFor is the dependency that was ready last, and so let it start; empty if it waited for none.
	WaitedFor spec.Type
	// Delay is how long after that, or after the beginning of the start-up, it was started: it was placed meanwhile.
	Delay time.Duration
	// Slack is how much later it could have been ready without delaying the start of any that depends on it or, if none
	// does, the end of the start-up. It is not known until it is ready and, unless it is zero, until the start-up is over.
	Slack      time.Duration
	SlackKnown bool
	// Failures are the attempts that failed before it was ready, or until now.
	Failures int
	// Ended is the phase in which it gave up without having been ready; empty if it has not.
	Ended spec.Phase
}

// Ready says whether it has been ready.
func (m Member) Ready() bool { return !m.ReadyAt.IsZero() }

// Took is how long it took from its start until it was ready.
func (m Member) Took() time.Duration { return max(0, m.ReadyAt.Sub(m.StartedAt)) }

// Startup is one start of a fleet, or of a part of it.
type Startup struct {
	BeganAt time.Time
	// ReadyAt is when the last one was ready that was.
	ReadyAt time.Time
	// Members are in the order in which they were started.
	Members []Member
	// Unknown are daemons of whose changes at that time nothing is known any more.
	Unknown []spec.Type
}

// Find returns the last start-up that began at a moment or before it, by the edges of rows; false if the transitions,
// which may come in any order and more than once, tell of none.
func Find(rows []spec.Daemon, transitions []spec.Transition, at time.Time) (Startup, bool) {
	burst := pick(bursts(starts(transitions)), at)
	if len(burst) == 0 {
		return Startup{}, false
	}
	found := Startup{BeganAt: burst[0].began}
	for _, one := range burst {
		member := Member{Daemon: one.daemon, StartedAt: one.began, ReadyAt: one.ready, Failures: one.failures, Ended: one.ended}
		if i := found.index(one.daemon); i >= 0 {
			found.Members = slices.Delete(found.Members, i, i+1) // it was started again: that one counts
		}
		found.Members = append(found.Members, member)
		if one.ready.After(found.ReadyAt) {
			found.ReadyAt = one.ready
		}
	}
	found.link(rows)
	found.Unknown = unknown(rows, transitions, found)
	return found, true
}

func (s *Startup) index(daemon spec.Type) int {
	return slices.IndexFunc(s.Members, func(m Member) bool { return m.Daemon == daemon })
}

// Member returns the part of one daemon.
func (s *Startup) Member(daemon spec.Type) (Member, bool) {
	if i := s.index(daemon); i >= 0 {
		return s.Members[i], true
	}
	return Member{}, false
}

// Last is the daemon that was ready last.
func (s *Startup) Last() (last Member, found bool) {
	for _, member := range s.Members {
		if member.Ready() && (!found || member.ReadyAt.After(last.ReadyAt)) {
			last, found = member, true
		}
	}
	return last, found
}

// Chain is what a daemon waited for, one after the other, beginning with itself.
func (s *Startup) Chain(daemon spec.Type) (chain []Member) {
	for member, found := s.Member(daemon); found && len(chain) < len(s.Members); member, found = s.Member(member.WaitedFor) {
		chain = append(chain, member)
	}
	return chain
}

// link finds out what each waited for, and from that the slack of all.
func (s *Startup) link(rows []spec.Daemon) {
	released := map[spec.Type]time.Time{} // by the last dependency
	for i := range s.Members {
		member := &s.Members[i]
		for _, dependency := range waitedFor(rows, *member, s) {
			if dependency.ReadyAt.After(released[member.Daemon]) {
				released[member.Daemon], member.WaitedFor = dependency.ReadyAt, dependency.Daemon
			}
		}
		from := s.BeganAt
		if member.WaitedFor != "" {
			from = released[member.Daemon]
		}
		member.Delay = max(0, member.StartedAt.Sub(from))
	}
	s.measure(rows, released)
}

// measure gives each its slack, from when those that waited for it were released.
func (s *Startup) measure(rows []spec.Daemon, released map[spec.Type]time.Time) {
	needed := map[spec.Type]bool{}
	for i := range s.Members {
		s.Members[i].Slack = max(0, s.ReadyAt.Sub(s.Members[i].ReadyAt))
	}
	for _, member := range s.Members {
		for _, dependency := range waitedFor(rows, member, s) {
			at := &s.Members[s.index(dependency.Daemon)]
			slack := released[member.Daemon].Sub(at.ReadyAt)
			if !needed[at.Daemon] || slack < at.Slack {
				at.Slack, needed[at.Daemon] = slack, true
			}
		}
	}
	over := !slices.ContainsFunc(s.Members, func(m Member) bool { return !m.Ready() && m.Ended == "" })
	for i := range s.Members {
		member := &s.Members[i]
		member.SlackKnown = member.Ready() && (over || needed[member.Daemon] && member.Slack == 0)
	}
}

// waitedFor are the dependencies that were started before a member, in the same start-up, and were ready.
func waitedFor(rows []spec.Daemon, member Member, s *Startup) (all []Member) {
	at := slices.IndexFunc(rows, func(row spec.Daemon) bool { return row.Type == member.Daemon })
	if at < 0 {
		return nil
	}
	for _, name := range rows[at].DependsOn {
		if dependency, found := s.Member(name); found && dependency.Ready() && dependency.StartedAt.Before(member.StartedAt) {
			all = append(all, dependency)
		}
	}
	return all
}

// unknown are the daemons whose history begins after the start-up did, and that may have had a part in it.
func unknown(rows []spec.Daemon, transitions []spec.Transition, s Startup) (names []spec.Type) {
	oldest := map[spec.Type]spec.Transition{}
	for _, change := range transitions {
		if known, found := oldest[change.Daemon]; change.Node == "" && (!found || change.At.Before(known.At)) {
			oldest[change.Daemon] = change
		}
	}
	for _, row := range rows {
		first, any := oldest[row.Type]
		if _, member := s.Member(row.Type); !member && any && first.Seq > 1 && first.At.After(s.BeganAt) {
			names = append(names, row.Type)
		}
	}
	return names
}
