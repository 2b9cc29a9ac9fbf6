package qualitymonitor

import (
	"database/sql"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = "sq5_2p"

var mini workloadtest.Mini

// TestMain is also the process of TestSurvivesKill.
func TestMain(m *testing.M) {
	if os.Getenv(killedDir) != "" {
		os.Exit(m.Run())
	}
	mini.Main(m)
}

// rig is one node with its data folder and a bus.
type rig struct {
	*testing.T
	client   *bus.Client
	dir      string
	files    *data.Dir
	settings Settings
	clock    time.Duration // that was waited
	monitor  *monitor
	epoch    int64
	games    int
	mini     bool // the workload judges
}

func setup(t *testing.T) *rig {
	t.Helper()
	return open(t, t.TempDir(), bustest.Start(t))
}

func open(t *testing.T, dir string, client *bus.Client) *rig {
	t.Helper()
	files, err := data.Open(data.Config{Path: dir, Node: "node-1"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, files.Close()) })
	r := &rig{T: t, client: client, dir: dir, files: files, settings: DefaultSettings()}
	r.settings.Cooldown = 0
	return r
}

// start replaces the monitor by a newer copy.
func (r *rig) start() {
	r.Helper()
	config := Config{Settings: func() Settings { return r.settings }, Interval: time.Nanosecond}
	if r.mini {
		set, err := workload.NewSet(mini.Load(r))
		require.NoError(r, err)
		scope, err := process.Scope(r.dir)
		require.NoError(r, err)
		config.Workloads, config.Runner = set, run.New(run.Options{Scope: scope, Environment: []string{"PATH=" + os.Getenv("PATH")}})
	}
	r.epoch++
	r.monitor = newMonitor(config.withDefaults(), host.Runtime{
		Node: "node-1", Epoch: r.epoch, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Now().Add(r.clock) },
		Bus: r.client.Session(Type, "node-1", r.epoch), Files: r.files, DataDir: r.dir,
	})
}

// look lets the monitor look until it has judged everything.
func (r *rig) look() {
	r.Helper()
	if r.monitor == nil {
		r.start()
	}
	for range 20 {
		err := r.monitor.Tick(r.Context())
		if err == nil {
			return
		}
		require.ErrorContains(r, err, "try again in")
	}
	require.FailNow(r, "it does not end")
}

// store is a live database that another program writes.
func (r *rig) store() *sql.DB {
	r.Helper()
	return datatest.Store(r, filepath.Join(r.dir, "games", "selfplay_"+config+".db"))
}

// add writes games with these scores, each newer than the one before.
func (r *rig) add(db *sql.DB, scores ...float64) {
	r.Helper()
	for _, score := range scores {
		r.games++
		id := fmt.Sprintf("game-%04d", r.games)
		datatest.Play(r, db, id, "active", 9)
		_, err := db.Exec(`UPDATE games SET game_status = 'completed', quality_score = ?, completed_at = ? WHERE game_id = ?`,
			score, time.Unix(int64(r.games), 0).UTC().Format(time.RFC3339), id)
		require.NoError(r, err)
	}
}

func repeat(score float64, times int) []float64 {
	all := make([]float64, times)
	for i := range all {
		all[i] = score
	}
	return all
}

// known is what the nodes report of the configuration.
func (r *rig) known() (quality.Standing, bool) {
	r.Helper()
	cluster, err := quality.Read(r.Context(), r.client, r.settings.Limits)
	require.NoError(r, err)
	return cluster.Of(config)
}

func events[T bus.Payload](r *rig) (all []T) {
	r.Helper()
	var zero T
	for _, event := range bustest.Events(r, r.client, zero.EventName()) {
		payload, err := bus.Decode[T](event)
		require.NoError(r, err)
		all = append(all, payload)
	}
	return all
}

// requireScore compares a score with the scores of the games, by the textbook.
func requireScore(t *testing.T, scores []float64, score quality.Score) {
	t.Helper()
	sum, squares := 0.0, 0.0
	for _, one := range scores {
		sum += one
		squares += one * one
	}
	n := float64(len(scores))
	variance := (squares - sum*sum/n) / (n - 1)
	require.EqualValues(t, len(scores), score.Games)
	require.InDelta(t, sum/n, score.Mean, 1e-9)
	require.InDelta(t, variance, score.Variance, 1e-9)
	require.InDelta(t, 1.96*math.Sqrt(variance/n), score.Interval, 1e-9)
}
