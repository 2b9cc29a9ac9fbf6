package ledger_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
)

var postgres ledgertest.Postgres

func TestMain(m *testing.M) {
	runAsChild()
	code := m.Run()
	postgres.Close()
	os.Exit(code)
}

// everywhere runs a test with a new ledger of each kind, and a daemon's session in it.
func everywhere(t *testing.T, test func(t *testing.T, l *ledger.Ledger, s *ledger.Session)) {
	t.Helper()
	t.Parallel()
	places(t, func(t *testing.T, config ledger.Config) {
		l := ledgertest.Open(t, config)
		test(t, l, l.Session("TEST_DAEMON", 1))
	})
}

// places runs a test where a ledger of each kind can be opened.
func places(t *testing.T, test func(t *testing.T, config ledger.Config)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, ledger.Config{Path: filepath.Join(t.TempDir(), "ledger.db")})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, postgres.Config(t))
	})
}

// sum is the hash of a file with this content.
func sum(content string) string {
	raw := sha256.Sum256([]byte(content))
	return hex.EncodeToString(raw[:])
}

func model(t testing.TB, s *ledger.Session, content string) ledger.Model {
	t.Helper()
	m, err := s.AddModel(t.Context(), ledger.Model{SHA256: sum(content), ConfigKey: "sq5_2p", Kind: "table", Bytes: 10, Workload: "mini", WorkloadVersion: "1"})
	require.NoError(t, err)
	return m
}

func submit(t testing.TB, s *ledger.Session, key string, options ...func(*ledger.JobSpec)) ledger.Job {
	t.Helper()
	spec := jobSpec(key)
	for _, option := range options {
		option(&spec)
	}
	submitted, err := s.SubmitJob(t.Context(), spec)
	require.NoError(t, err)
	return submitted.Job
}

func jobSpec(key string) ledger.JobSpec {
	return ledger.JobSpec{IdempotencyKey: key, Kind: "selfplay", ConfigKey: "sq5_2p", Class: ledger.Normal, Priority: 75,
		Request: json.RawMessage(`{"games":50}`), Resources: ledger.Resources{CPU: 1, MemMB: 256}}
}

// running submits, claims and starts a job.
func running(t testing.TB, s *ledger.Session, key, node string, options ...func(*ledger.JobSpec)) ledger.Job {
	t.Helper()
	j := submit(t, s, key, options...)
	claimed, err := s.ClaimJob(t.Context(), j.ID, node, time.Minute)
	require.NoError(t, err)
	started, err := s.StartJob(t.Context(), claimed.Lease(), time.Minute)
	require.NoError(t, err)
	return started
}

func job(t testing.TB, l *ledger.Ledger, id string) ledger.Job {
	t.Helper()
	j, err := l.Job(t.Context(), id)
	require.NoError(t, err)
	return j
}

func games(prefix string, n int) []ledger.Game {
	var all []ledger.Game
	for i := range n {
		all = append(all, ledger.Game{ID: fmt.Sprintf("%s-%04d", prefix, i), Moves: 10, Winner: int64(i % 3), FinishedAt: time.Unix(1_700_000_000, 0)})
	}
	return all
}

// iterate starts the next iteration.
func iterate(t testing.TB, s *ledger.Session) ledger.Iteration {
	t.Helper()
	last, _, err := s.Ledger().LastIteration(t.Context(), "sq5_2p")
	require.NoError(t, err)
	i, err := s.StartIteration(t.Context(), "sq5_2p", fmt.Sprint("iteration-", last.Number+1), "COLLECTING")
	require.NoError(t, err)
	return i
}

// insertFiles records files of two games each behind the ledger's back, one a microsecond.
func insertFiles(t testing.TB, config ledger.Config, n int) {
	t.Helper()
	statement(t, config, fmt.Sprintf(`INSERT INTO game_files (sha256, config_key, batch_id, node, games, logical_digest, recorded_at)
		WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < %d)
		SELECT 'file-' || CAST(n AS TEXT), 'sq5_2p', 'batch', 'node-1', 2, '', n FROM counted`, n))
}

// tick waits until the database's clock has moved.
func tick(t testing.TB, l *ledger.Ledger) {
	t.Helper()
	before, err := l.Now(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		now, err := l.Now(t.Context())
		return err == nil && now.After(before.Add(time.Millisecond))
	}, 10*time.Second, time.Millisecond)
}

// lapse lets the lease of a job end, by the database's clock.
func lapse(t testing.TB, l *ledger.Ledger, j ledger.Job) {
	t.Helper()
	require.Eventually(t, func() bool {
		now, err := l.Now(t.Context())
		return err == nil && now.After(j.LeaseUntil.Add(2*time.Millisecond))
	}, 10*time.Second, 2*time.Millisecond, "lease of %s until %s", j.ID, j.LeaseUntil)
}
