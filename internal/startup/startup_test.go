package startup

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

var zero = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return zero.Add(time.Duration(seconds * float64(time.Second))) }

// story are the changes of one daemon, in order.
type story struct {
	daemon spec.Type
	seq    int64
	list   []spec.Transition
}

func of(daemon spec.Type) *story { return &story{daemon: daemon} }

func (s *story) to(seconds float64, phase spec.Phase, actor ...string) *story {
	from := spec.PhaseStopped
	if n := len(s.list); n > 0 {
		from = s.list[n-1].To
	}
	s.seq++
	change := spec.Transition{Daemon: s.daemon, Seq: s.seq, From: from, To: phase, At: at(seconds)}
	if len(actor) > 0 {
		change.Actor = actor[0]
	}
	s.list = append(s.list, change)
	return s
}

func (s *story) up(started, ready float64) *story {
	return s.to(started, spec.PhaseStarting).to(ready, spec.PhaseRunning)
}

func all(stories ...*story) (list []spec.Transition) {
	for _, one := range stories {
		list = append(list, one.list...)
	}
	return list
}

func row(name spec.Type, needs ...spec.Type) spec.Daemon {
	return spec.Daemon{Type: name, DependsOn: needs}
}

// A: 0–1, B: 0–3, C (needs A, B): 3.1–4, D (needs A): 1.1–1.5, E (needs C and D): 4–6.
func diamond() ([]spec.Daemon, []*story) {
	return []spec.Daemon{row("A"), row("B"), row("C", "A", "B"), row("D", "A"), row("E", "C", "D")},
		[]*story{of("A").up(0, 1), of("B").up(0, 3), of("C").up(3.1, 4), of("D").up(1.1, 1.5), of("E").up(4, 6)}
}

func chainOf(s Startup, daemon spec.Type) (names []spec.Type) {
	for _, member := range s.Chain(daemon) {
		names = append(names, member.Daemon)
	}
	return names
}

func TestChainAndSlack(t *testing.T) {
	t.Parallel()
	rows, stories := diamond()
	found, ok := Find(rows, append(all(stories...), all(stories...)[3]), at(100))
	require.True(t, ok)
	require.Equal(t, at(0), found.BeganAt)
	require.Equal(t, at(6), found.ReadyAt)
	last, _ := found.Last()
	require.Equal(t, []spec.Type{"E", "C", "B"}, chainOf(found, last.Daemon))
	require.Equal(t, []spec.Type{"D", "A"}, chainOf(found, "D"))
	slack := map[spec.Type]time.Duration{}
	for _, member := range found.Members {
		slack[member.Daemon] = member.Slack
	}
	second := time.Second
	require.Equal(t, map[spec.Type]time.Duration{"A": 0, "B": 0, "C": 0, "D": 2500 * time.Millisecond, "E": 0}, slack,
		"A released D at once; D could have been ready as late as C")
	member, _ := found.Member("B")
	require.True(t, member.SlackKnown)
	require.Equal(t, 3*second, member.Took())
	member, _ = found.Member("C")
	require.Equal(t, 100*time.Millisecond, member.Delay)
	require.Empty(t, found.Unknown)
}

// A restart after a failure, and what an operator starts alone, are no start-up; what is tried again during one is.
func TestWhatIsAStartup(t *testing.T) {
	t.Parallel()
	rows, stories := diamond()
	stories[0].to(500, spec.PhaseRestarting).to(501, spec.PhaseRunning)
	stories[3].to(600, spec.PhaseStopping, "ann").to(600, spec.PhaseStopped, "ann").to(700, spec.PhaseStarting, "ann").to(701, spec.PhaseRunning)
	found, ok := Find(rows, all(stories...), at(1000))
	require.True(t, ok)
	require.Len(t, found.Members, 5)
	require.Equal(t, at(6), found.ReadyAt)

	for i, one := range stories {
		one.to(2000, spec.PhaseStopping, "supervisor").to(2001, spec.PhaseStopped, "supervisor")
		one.to(2100+float64(i), spec.PhaseStarting, "supervisor")
	}
	stories[0].to(2101, spec.PhaseRestarting).to(2104, spec.PhaseRunning)
	found, _ = Find(rows, all(stories...), at(3000))
	require.Equal(t, at(2100), found.BeganAt)
	member, _ := found.Member("A")
	require.Equal(t, 1, member.Failures)
	require.Equal(t, 4*time.Second, member.Took())
	member, _ = found.Member("E")
	require.False(t, member.Ready())
	require.False(t, member.SlackKnown)
	found, _ = Find(rows, all(stories...), at(1999))
	require.Equal(t, at(0), found.BeganAt, "the one before")
	_, ok = Find(rows, all(stories...), at(-1))
	require.False(t, ok)
}

// A daemon of which only later changes are known may have had a part.
func TestHistoryThatDoesNotReachBack(t *testing.T) {
	t.Parallel()
	rows, stories := diamond()
	stories[3].to(600, spec.PhaseRestarting).to(601, spec.PhaseRunning)
	stories[3].list = stories[3].list[2:]
	found, ok := Find(rows, all(stories...), at(1000))
	require.True(t, ok)
	require.Equal(t, []spec.Type{"D"}, found.Unknown)
	require.Len(t, found.Members, 4)
}

// A daemon whose program has changed is started again in its turn, and one that gives up has not been ready.
func TestPartOfAFleet(t *testing.T) {
	t.Parallel()
	rows, stories := diamond()
	stories[2].to(100, spec.PhaseStopping, "supervisor").to(101, spec.PhaseStarting, "supervisor").to(102, spec.PhaseDisabled)
	found, ok := Find(rows, all(stories...), at(1000))
	require.True(t, ok)
	require.Len(t, found.Members, 1)
	require.Equal(t, spec.PhaseDisabled, found.Members[0].Ended)
	_, any := found.Last()
	require.False(t, any)
}
