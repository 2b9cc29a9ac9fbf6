// Package conformance is the suite that every daemon passes for free: it runs each declaration of a
// catalog in a real host, over a real bus, and checks what the engine relies on.
package conformance

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// patience is how long any of these daemons may take to become ready, or to stop.
const patience = 20 * time.Second

// Suite is a catalog under test.
type Suite struct {
	Catalog []host.Declaration
	// Bus is a running event bus; Nowhere a client of one that is not there.
	Bus, Nowhere *bus.Client
	// Ledger and Jobs are what the daemons find of the cluster's; nil where none of them asks.
	Ledger func(context.Context) (*ledger.Ledger, error)
	Jobs   jobs.Workflows
	// ProvidesBus names the daemon that brings the bus, and so does not wait for it.
	ProvidesBus spec.Type
}

// Run runs the whole suite, a subtest for each daemon.
func (s Suite) Run(t *testing.T) {
	require.NotEmpty(t, s.Catalog, "a suite over nothing proves nothing")
	for _, declaration := range s.Catalog {
		t.Run(string(declaration.Spec.Type), func(t *testing.T) {
			t.Run("declares a complete row", func(t *testing.T) { s.row(t, declaration) })
			t.Run("touches nothing when it is made", func(t *testing.T) { s.makes(t, declaration) })
			t.Run("becomes ready and stops when told", func(t *testing.T) { s.stops(t, declaration) })
			t.Run("returns when its context is cancelled", func(t *testing.T) { s.cancels(t, declaration) })
			t.Run("gives way to a newer copy", func(t *testing.T) { s.evicted(t, declaration) })
			t.Run("changes nothing when it runs again", func(t *testing.T) { s.repeats(t, declaration) })
			if declaration.Spec.Type != s.ProvidesBus {
				t.Run("waits while the bus is down", func(t *testing.T) { s.waits(t, declaration) })
			}
		})
	}
}

func (s Suite) row(t *testing.T, declaration host.Declaration) {
	row := declaration.Spec
	require.Equal(t, row, row.WithDefaults(), "every lifecycle field is set")
	require.Equal(t, spec.StatusAvailable, row.Status)
	require.LessOrEqual(t, row.HeartbeatTimeout, 2*row.EffectiveHealthCheckInterval())
}

func (s Suite) makes(t *testing.T, declaration host.Declaration) {
	place := t.TempDir()
	runner, err := declaration.New(host.Runtime{
		Spec: declaration.Spec, Node: node, Epoch: 1, Attempt: 1, Logger: quiet(), Now: time.Now,
		Bus: s.Nowhere.Session(declaration.Spec.Type, "", 1), DataDir: place, ClusterDir: place,
	})
	require.NoError(t, err)
	_, ticks := runner.(host.Ticker)
	_, serves := runner.(host.Server)
	require.NotEqual(t, ticks, serves, "%T is a Ticker or a Server", runner)
	require.Empty(t, files(t, place), "New must leave the world alone")
}

func (s Suite) stops(t *testing.T, declaration host.Declaration) {
	r := s.rig(t, declaration, s.Bus, t.TempDir())
	run := r.start(t.Context(), 1)
	run.awaitReady(t)
	require.NotEmpty(t, r.host.Health(run.assignment.ID()).Status, "a verdict goes with readiness")
	require.True(t, r.host.Stop(run.assignment.ID(), run.assignment.Epoch, spec.StopForOperator))
	exit := run.awaitExit(t)
	require.Equal(t, host.ExitStopped, exit.Kind, "%v", exit.Err)
	require.Equal(t, spec.StopForOperator, exit.Reason)
	require.False(t, exit.Abandoned, "it must stop by itself")
	require.Empty(t, r.host.Snapshot(), "nothing is left running")
}

func (s Suite) cancels(t *testing.T, declaration host.Declaration) {
	r := s.rig(t, declaration, s.Bus, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run := r.start(ctx, 1)
	run.awaitReady(t)
	cancel()
	exit := run.awaitExit(t)
	require.Equal(t, host.ExitStopped, exit.Kind, "%v", exit.Err)
	require.False(t, exit.Abandoned)
}

func (s Suite) evicted(t *testing.T, declaration host.Declaration) {
	r := s.rig(t, declaration, s.Bus, t.TempDir())
	older := r.start(t.Context(), 1)
	older.awaitReady(t)
	newer := r.start(t.Context(), 2)
	require.Equal(t, spec.StopForEviction, older.awaitExit(t).Reason)
	newer.awaitReady(t)
	late := r.start(t.Context(), 1)
	require.Equal(t, spec.StopForFence, late.awaitExit(t).Reason, "an older attempt never displaces a newer one")
	r.host.Stop(newer.assignment.ID(), 0, spec.StopForOperator)
	newer.awaitExit(t)
}

// repeats runs the daemon twice in the same folders with nothing to do: the second run must leave every
// file of the node as the first one left it.
func (s Suite) repeats(t *testing.T, declaration host.Declaration) {
	place := t.TempDir()
	var left [2]map[string]string
	for i := range left {
		r := s.rig(t, declaration, s.Bus, place)
		run := r.start(t.Context(), i+1)
		run.awaitReady(t)
		r.host.Stop(run.assignment.ID(), 0, spec.StopForOperator)
		run.awaitExit(t)
		r.close()
		left[i] = files(t, filepath.Join(place, "data"))
	}
	require.Equal(t, left[0], left[1])
}

func (s Suite) waits(t *testing.T, declaration host.Declaration) {
	r := s.rig(t, declaration, s.Nowhere, t.TempDir())
	run := r.start(t.Context(), 1)
	require.Eventually(t, func() bool {
		select {
		case <-run.ready: // it does not need the bus to begin
			return true
		default:
			return r.host.Health(run.assignment.ID()).Status == spec.HealthWaiting
		}
	}, patience, time.Millisecond, "it begins without the bus, or says that it waits for it")
	require.True(t, r.host.Stop(run.assignment.ID(), 0, spec.StopForOperator), "an outage of the bus ends nobody")
	exit := run.awaitExit(t)
	require.Equal(t, host.ExitStopped, exit.Kind, "%v", exit.Err)
	require.False(t, exit.Abandoned)
}

// files maps every file below a folder to what its content is, short enough to be read when it differs.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		found[path] = fmt.Sprintf("%d bytes, sha256 %x", len(content), sha256.Sum256(content))
		return err
	})
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return found
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
