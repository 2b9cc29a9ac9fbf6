package ledger_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

const queued = 10_000

// latencies are how long one kind of call took, sorted.
type latencies []time.Duration

func (l latencies) quantile(share float64) time.Duration { return l[int(share*float64(len(l)-1))] }

// figures are the latencies of calls on a queue of 10,000 jobs.
type figures map[string]latencies

// BenchmarkQueue measures calls on a queue of 10,000 jobs while four nodes renew their leases.
func BenchmarkQueue(b *testing.B) {
	benchmarkLedgers(b, func(b *testing.B, l *ledger.Ledger) {
		measured := measureQueue(b, l, 500)
		for name, all := range measured {
			b.ReportMetric(float64(all.quantile(0.5).Microseconds())/1000, name+"-p50-ms")
			b.ReportMetric(float64(all.quantile(0.99).Microseconds())/1000, name+"-p99-ms")
		}
		b.ReportMetric(0, "ns/op") // what one round costs says nothing
	})
}

// BenchmarkRecordGames measures games per second, a thousand a call.
func BenchmarkRecordGames(b *testing.B) {
	benchmarkLedgers(b, func(b *testing.B, l *ledger.Ledger) {
		s := l.Session("TEST_DAEMON", 1)
		round := 0
		for b.Loop() {
			name := fmt.Sprint("round-", round)
			_, err := s.RecordGames(b.Context(), gameFile(name, 1000), games(name, 1000))
			require.NoError(b, err)
			round++
		}
		b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "games/s")
	})
}

func benchmarkLedgers(b *testing.B, run func(b *testing.B, l *ledger.Ledger)) {
	b.Run("sqlite", func(b *testing.B) { run(b, ledgertest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { run(b, ledgertest.Open(b, ledgertest.Own(b).Config())) })
}

// measureQueue fills a ledger and measures rounds of what a scheduler does, beside the renewals of four nodes.
func measureQueue(tb testing.TB, l *ledger.Ledger, rounds int) figures {
	tb.Helper()
	s := l.Session("JOB_SCHEDULER", 1)
	fillQueue(tb, s)
	stop, renewals := renewLeases(tb, l)
	measured := figures{}
	timed := func(name string, act func() error) {
		begin := time.Now()
		require.NoError(tb, act(), name)
		measured[name] = append(measured[name], time.Since(begin))
	}
	for len(measured["claim"]) < rounds {
		var jobs []ledger.Job
		timed("candidates", func() (err error) {
			jobs, err = l.JobCandidates(tb.Context(), ledger.CandidateFilter{Largest: &ledger.Resources{CPU: 4, MemMB: 4096, GPU: 1}, Limit: 50})
			return err
		})
		timed("list", func() error {
			_, err := l.Jobs(tb.Context(), ledger.JobFilter{Statuses: []ledger.Status{ledger.Pending}}, ledger.Page{Limit: 100})
			return err
		})
		timed("counts", func() error { _, err := l.JobCounts(tb.Context()); return err })
		for _, j := range jobs {
			timed("claim", func() (err error) { j, err = s.ClaimJob(tb.Context(), j.ID, "node-0", time.Minute); return err })
			timed("start", func() error { _, err := s.StartJob(tb.Context(), j.Lease(), time.Minute); return err })
			timed("complete", func() error { _, err := s.CompleteJob(tb.Context(), j.Lease(), json.RawMessage(`{}`)); return err })
		}
	}
	stop()
	require.NoError(tb, renewals.Wait())
	for _, all := range measured {
		slices.Sort(all)
	}
	return measured
}

// fillQueue submits 10,000 jobs of 12 configs, with requests of a usual size.
func fillQueue(tb testing.TB, s *ledger.Session) {
	tb.Helper()
	request := json.RawMessage(`{"params":"` + string(slices.Repeat([]byte("x"), 600)) + `"}`)
	for start := 0; start < queued; start += ledger.MaxSubmissions {
		var specs []ledger.JobSpec
		for i := start; i < start+ledger.MaxSubmissions; i++ {
			spec := jobSpec(fmt.Sprint("job-", i))
			spec.ConfigKey, spec.Class, spec.Priority, spec.Request = fmt.Sprintf("board%d_2p", i%12), ledger.Class(1+i%3), int64(i%5*20), request
			specs = append(specs, spec)
		}
		_, err := s.SubmitJobs(tb.Context(), specs)
		require.NoError(tb, err)
	}
}

// renewLeases lets four nodes renew a job each, 20 times a second, until stopped.
func renewLeases(tb testing.TB, l *ledger.Ledger) (stop context.CancelFunc, renewals *errgroup.Group) {
	tb.Helper()
	s := l.Session("operator", 0)
	ctx, stop := context.WithCancel(tb.Context())
	renewals = new(errgroup.Group)
	for i := range 4 {
		lease := running(tb, s, fmt.Sprint("held-", i), fmt.Sprint("node-", i), func(spec *ledger.JobSpec) { spec.Class = ledger.Critical }).Lease()
		renewals.Go(func() error {
			pace := time.NewTicker(50 * time.Millisecond)
			defer pace.Stop()
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-pace.C:
				}
				if _, err := s.RenewJob(ctx, lease, time.Minute); err != nil && !errors.Is(err, context.Canceled) {
					return err
				}
			}
		})
	}
	return stop, renewals
}
