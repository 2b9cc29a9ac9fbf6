package pipeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

// A training that has got far is worth more patience with the node that has its dataset than one that has not begun.
func TestProgressIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := ledgertest.SQLite(t)
	s := l.Session("TEST", 0)
	for name, checkpoint := range map[string]string{"begins anew": "", "goes on": `{"step":7}`} {
		submitted, err := s.SubmitJob(t.Context(), ledger.JobSpec{IdempotencyKey: name, Kind: "train", Class: ledger.Normal})
		require.NoError(t, err)
		job, err := s.ClaimJob(t.Context(), submitted.Job.ID, "node-1", time.Hour)
		require.NoError(t, err)
		job, err = s.StartJob(t.Context(), job.Lease(), time.Hour)
		require.NoError(t, err)
		const ran = 50 * time.Millisecond
		require.Eventually(t, func() bool {
			now, err := l.Now(t.Context())
			return err == nil && now.Sub(job.StartedAt) >= ran
		}, time.Minute, time.Millisecond)
		job, err = s.RequeueJob(t.Context(), job.Lease(), ledger.Requeue{Failure: ledger.Failure{Class: ledger.ClassLost}, Forgive: true, ResumeFrom: checkpoint})
		require.NoError(t, err)

		ended := time.Now()
		made := ledger.Stage{OrderedAt: ended.Add(-time.Second), EndedAt: ended}
		pays, err := paysAt(t.Context(), l, made, job, "nobody has it")
		require.NoError(t, err, name)
		waits := pays.Sub(ended)
		if checkpoint == "" {
			require.Equal(t, time.Second, waits, name)
			continue
		}
		require.GreaterOrEqual(t, waits, time.Second+ran, name)
	}
}
