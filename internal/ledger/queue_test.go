package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

func keys(jobs []ledger.Job) []string {
	var all []string
	for _, j := range jobs {
		all = append(all, j.IdempotencyKey)
	}
	return all
}

func candidates(t *testing.T, l *ledger.Ledger, filter ledger.CandidateFilter) []string {
	t.Helper()
	jobs, err := l.JobCandidates(t.Context(), filter)
	require.NoError(t, err)
	return keys(jobs)
}

func TestCandidatesComeInTheOrderOfPlacement(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		rank := func(key, config string, class ledger.Class, priority int64) {
			submit(t, s, key, func(spec *ledger.JobSpec) { spec.ConfigKey, spec.Class, spec.Priority = config, class, priority })
		}
		for i := range 3 {
			rank(fmt.Sprint("flood-", i), "sq5_2p", ledger.Normal, 75)
		}
		rank("other", "hex3_2p", ledger.Normal, 75)
		rank("urgent", "sq5_2p", ledger.Normal, 80)
		rank("low", "sq5_3p", ledger.Low, 100)
		rank("critical", "sq5_2p", ledger.Critical, 1)
		submit(t, s, "later", func(spec *ledger.JobSpec) { spec.NotBefore = time.Now().Add(time.Hour) })

		all := candidates(t, l, ledger.CandidateFilter{})
		require.Equal(t, []string{"critical", "urgent"}, all[:2], "class, then priority")
		require.ElementsMatch(t, []string{"flood-0", "other"}, all[2:4], "then the configs take turns")
		require.Equal(t, []string{"flood-1", "flood-2", "low"}, all[4:], "oldest first")
		require.Len(t, candidates(t, l, ledger.CandidateFilter{Limit: 2}), 2)
	})
}

func TestCandidatesAreThoseThatCouldBePlaced(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		submit(t, s, "small")
		submit(t, s, "big", func(spec *ledger.JobSpec) { spec.Resources.GPU = 1 })
		submit(t, s, "train", func(spec *ledger.JobSpec) { spec.Kind = "train" })
		submit(t, s, "hex", func(spec *ledger.JobSpec) { spec.ConfigKey = "hex3_2p" })
		submit(t, s, "critical", func(spec *ledger.JobSpec) { spec.ConfigKey, spec.Class = "hex3_2p", ledger.Critical })
		require.ElementsMatch(t, []string{"small", "train", "hex", "critical"},
			candidates(t, l, ledger.CandidateFilter{Largest: &ledger.Resources{CPU: 2, MemMB: 1024}}))
		require.Equal(t, []string{"train"}, candidates(t, l, ledger.CandidateFilter{Kinds: []string{"train", "export"}}))
		require.ElementsMatch(t, []string{"small", "big", "train", "critical"},
			candidates(t, l, ledger.CandidateFilter{WithoutConfigs: []string{"hex3_2p"}}), "but for critical ones")
		submit(t, s, "kept", func(spec *ledger.JobSpec) { spec.Kind, spec.TargetNode = "validate", "node-2" })
		require.Empty(t, candidates(t, l, ledger.CandidateFilter{Kinds: []string{"validate"}, Nodes: []string{"node-1"}}))
		require.Equal(t, []string{"kept"}, candidates(t, l, ledger.CandidateFilter{Kinds: []string{"validate"}, Nodes: []string{"node-1", "node-2"}}))
	})
}

// A low job that has waited for nine hours counts as high; one that waits for ever never becomes critical.
func TestWaitingMakesAJobMoreUrgent(t *testing.T) {
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		s := l.Session("TEST_DAEMON", 1)
		for key, class := range map[string]ledger.Class{"low": ledger.Low, "normal": ledger.Normal, "critical": ledger.Critical} {
			submit(t, s, key, func(spec *ledger.JobSpec) { spec.Class = class })
		}
		require.Equal(t, []string{"critical", "normal", "low"}, candidates(t, l, ledger.CandidateFilter{}))
		statement(t, config, fmt.Sprintf("UPDATE jobs SET ready_at = ready_at - %d WHERE idempotency_key = 'low'", (9*time.Hour).Microseconds()))
		require.Equal(t, []string{"critical", "low", "normal"}, candidates(t, l, ledger.CandidateFilter{}))
		statement(t, config, fmt.Sprintf("UPDATE jobs SET ready_at = ready_at - %d WHERE idempotency_key = 'low'", (900*time.Hour).Microseconds()))
		require.Equal(t, []string{"critical", "low", "normal"}, candidates(t, l, ledger.CandidateFilter{}))
	})
}

func TestJobsAreListedByWhatTheyAre(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		for i := range 5 {
			submit(t, s, fmt.Sprint("play-", i))
		}
		submit(t, s, "train", func(spec *ledger.JobSpec) { spec.Kind, spec.ConfigKey, spec.IterationID = "train", "hex3_2p", "i" })
		running(t, s, "run", "node-1")
		list := func(filter ledger.JobFilter) []string {
			page, err := l.Jobs(t.Context(), filter, ledger.Page{})
			require.NoError(t, err)
			return keys(page.Items)
		}
		require.Equal(t, []string{"run", "train", "play-4", "play-3", "play-2", "play-1", "play-0"}, list(ledger.JobFilter{}), "newest first")
		require.Equal(t, []string{"train"}, list(ledger.JobFilter{Kind: "train"}))
		require.Equal(t, []string{"train"}, list(ledger.JobFilter{ConfigKey: "hex3_2p"}))
		require.Equal(t, []string{"train"}, list(ledger.JobFilter{IterationID: "i"}))
		require.Equal(t, []string{"run"}, list(ledger.JobFilter{Node: "node-1"}))
		require.Equal(t, []string{"run"}, list(ledger.JobFilter{Statuses: []ledger.Status{ledger.Claimed, ledger.Running}}))

		first, err := l.Jobs(t.Context(), ledger.JobFilter{}, ledger.Page{Limit: 4})
		require.NoError(t, err)
		submit(t, s, "newer")
		second, err := l.Jobs(t.Context(), ledger.JobFilter{}, ledger.Page{Limit: 4, After: first.Next})
		require.NoError(t, err)
		require.Equal(t, []string{"play-2", "play-1", "play-0"}, keys(second.Items), "a new job does not shift the pages")
		require.Empty(t, second.Next)
	})
}

func TestTheQueueIsMeasured(t *testing.T) {
	everywhere(t, func(t *testing.T, l *ledger.Ledger, s *ledger.Session) {
		submit(t, s, "pending")
		claimed, err := s.ClaimJob(t.Context(), submit(t, s, "claimed").ID, "node-1", time.Minute)
		require.NoError(t, err)
		running(t, s, "running", "node-1")
		done := running(t, s, "done", "node-2", func(spec *ledger.JobSpec) { spec.Class = ledger.Critical })
		_, err = s.CompleteJob(t.Context(), done.Lease(), nil)
		require.NoError(t, err)

		counts, err := l.JobCounts(t.Context())
		require.NoError(t, err)
		require.Equal(t, []ledger.JobCount{
			{Kind: "selfplay", ConfigKey: "sq5_2p", Status: ledger.Claimed, Jobs: 1},
			{Kind: "selfplay", ConfigKey: "sq5_2p", Status: ledger.Pending, Jobs: 1},
			{Kind: "selfplay", ConfigKey: "sq5_2p", Status: ledger.Running, Jobs: 1}}, counts)
		finished, err := l.FinishedJobCounts(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Equal(t, []ledger.JobCount{{Kind: "selfplay", ConfigKey: "sq5_2p", Status: ledger.Completed, Jobs: 1}}, finished)
		loads, err := l.NodeLoads(t.Context())
		require.NoError(t, err)
		require.Equal(t, []ledger.NodeLoad{{Node: "node-1", Kind: "selfplay", Jobs: 2, Resources: ledger.Resources{CPU: 2, MemMB: 512}}}, loads)
		leased, err := l.LeasedJobs(t.Context())
		require.NoError(t, err)
		require.Len(t, leased, 2)

		claimed.LeaseUntil = claimed.ClaimedAt
		lapse(t, l, claimed)
		stuck, err := l.StuckJobs(t.Context(), time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, []string{"claimed"}, keys(stuck))
		waits, err := l.JobWaits(t.Context(), 100)
		require.NoError(t, err)
		require.Equal(t, 1, waits.Jobs)
		require.Positive(t, waits.Total.Max)
		require.GreaterOrEqual(t, waits.Total.P95, waits.Queue.P50)

		times, err := l.HostTimes(t.Context(), time.Hour)
		require.NoError(t, err)
		require.Len(t, times, 2, "critical jobs apart")
		require.False(t, times[0].Critical)
		require.Positive(t, times[0].Time, "the running one, so far")
		require.Less(t, times[0].Time, time.Minute)
	})
}
