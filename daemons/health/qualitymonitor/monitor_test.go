package qualitymonitor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/data/datatest"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "QUALITY_MONITOR", Category: spec.CategoryHealth, Runner: "create_quality_monitor",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeNode, StartupPosition: 15, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

// Nothing is neither good nor bad: nobody hears of it.
func TestNothingIsUnknown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.look()
	_, known := r.known()
	require.False(t, known)
	require.Empty(t, bustest.Events(t, r.client))
	require.Equal(t, spec.HealthOK, r.monitor.Health(t.Context()).Status)

	db := r.store()
	r.add(db, .9)
	_, err := db.Exec(`UPDATE games SET quality_score = NULL`)
	require.NoError(t, err)
	r.look()
	_, known = r.known()
	require.False(t, known, "a game that nobody has judged is not worth nothing")
	require.Empty(t, bustest.Events(t, r.client))
	health := r.monitor.Health(t.Context())
	require.Equal(t, spec.HealthOK, health.Status)
	require.Equal(t, []string{"none of the last 1 games of sq5_2p is judged"}, health.Findings)
}

// The newest games of a database that is being written are judged, and what is told of them is what the rows say.
func TestKnownRowsGiveTheirMean(t *testing.T) {
	t.Parallel()
	r := setup(t)
	db := r.store()
	r.add(db, repeat(.1, 50)...) // too old to count
	merged := datatest.Store(t, filepath.Join(r.dir, "games", "canonical_"+config+".db"))
	r.games += 1000
	r.add(merged, repeat(.1, 50)...) // the newest, but those of other nodes are among them
	r.games -= 1050
	var scores []float64
	for i := range 100 {
		scores = append(scores, .6+float64(i%5)*.08)
	}
	r.add(db, scores...)
	r.look()
	standing, known := r.known()
	require.True(t, known)
	requireScore(t, scores, standing.Score)
	require.Equal(t, quality.Good, standing.State)
	all := events[bus.QualityScoreUpdated](r)
	require.Len(t, all, 1)
	requireScore(t, scores, quality.Score{
		Games: all[0].GamesAssessed, Mean: all[0].QualityScore, Variance: all[0].Variance, Interval: all[0].ConfidenceInterval,
	})
	require.Equal(t, []any{int64(1), "good", .75, "node-1", "unknown"},
		[]any{all[0].Sequence, all[0].Category, all[0].CredibilityWeight, all[0].NodeID, all[0].Trend})
	require.Empty(t, events[bus.LowQualityDataWarning](r))
}

// Poor games are warned of once, however often they are looked at, and are a finding, not an illness; good ones are told
// of when they are back.
func TestPoorGamesAreWarnedOfOnce(t *testing.T) {
	t.Parallel()
	r := setup(t)
	db := r.store()
	r.add(db, repeat(.75, 100)...)
	r.look()
	r.add(db, repeat(.2, 100)...)
	for range 5 {
		r.look()
	}
	warnings := events[bus.LowQualityDataWarning](r)
	require.Len(t, warnings, 1)
	require.InDelta(t, .2, warnings[0].QualityScore, 1e-9)
	require.Equal(t, []any{.6, "poor", "good", .75, "falling"},
		[]any{warnings[0].Threshold, warnings[0].Category, warnings[0].PreviousCategory, *warnings[0].PreviousScore, warnings[0].Trend})
	health := r.monitor.Health(t.Context())
	require.Equal(t, spec.HealthOK, health.Status)
	require.Equal(t, []string{"the last 100 games of sq5_2p are poor: 0.20"}, health.Findings)

	r.add(db, repeat(.95, 100)...)
	r.look()
	r.look()
	require.Len(t, events[bus.HighQualityDataAvailable](r), 1)
	require.Len(t, events[bus.QualityScoreUpdated](r), 3)
}

// A change that comes too soon is told later, unless it is steep or somebody asks.
func TestNoChangeIsLostToTheCooldown(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.settings.Cooldown = time.Hour
	db := r.store()
	states := func() (all []string) {
		for _, one := range events[bus.QualityScoreUpdated](r) {
			all = append(all, one.Category)
		}
		return all
	}
	r.add(db, repeat(.72, 100)...)
	r.look()
	for _, score := range []float64{.68, .74, .66} { // to and fro within the cooldown
		r.add(db, repeat(score, 100)...)
		r.look()
	}
	require.Equal(t, []string{"good"}, states())
	r.clock += 2 * time.Hour
	r.look()
	require.Equal(t, []string{"good", "degraded"}, states(), "the last one arrives")
	r.add(db, repeat(.4, 100)...)
	r.look()
	require.Equal(t, []string{"good", "degraded", "poor"}, states(), "a steep fall does not wait")

	r.add(db, repeat(.52, 100)...)
	r.look()
	require.Len(t, states(), 3)
	request := bus.QualityCheckRequested{Config: bus.ConfigOf(config), Reason: "test", Priority: "high"}
	event, err := r.client.Session("DATA_PIPELINE", "", 1).Event(request)
	require.NoError(t, err)
	require.NoError(t, r.monitor.Handle(t.Context(), event))
	r.look()
	require.Equal(t, []string{"good", "degraded", "poor", "degraded"}, states(), "who asks is told")
	require.Empty(t, events[bus.QualityCheckFailed](r))
}

// A file that cannot be read hides no other one, and who asks is told of it.
func TestWhatCannotBeJudgedIsTold(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.add(r.store(), repeat(.8, 10)...)
	path := filepath.Join(r.dir, "games", "broken_"+config+".db")
	require.NoError(t, os.WriteFile(path, []byte("this is no database, though it is long enough to be one"), 0o600))
	r.look()
	standing, known := r.known()
	require.True(t, known)
	require.EqualValues(t, 10, standing.Games)
	health := r.monitor.Health(t.Context())
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Contains(t, health.Findings[0], "broken_sq5_2p.db")

	request := bus.QualityCheckRequested{Config: bus.ConfigOf(config), Reason: "test", Priority: "normal"}
	event, err := r.client.Session("DATA_PIPELINE", "", 1).Event(request)
	require.NoError(t, err)
	require.NoError(t, r.monitor.Handle(t.Context(), event))
	r.look()
	r.look()
	failed := events[bus.QualityCheckFailed](r)
	require.Len(t, failed, 1)
	require.Equal(t, event.ID, failed[0].RequestID)
	require.InDelta(t, .8, *failed[0].LastQuality, 1e-9)
	require.NoError(t, os.Remove(path))
	r.look()
	require.Equal(t, spec.HealthOK, r.monitor.Health(t.Context()).Status)
}

// What was told and seen outlives the process.
func TestARestartKeepsTheHistory(t *testing.T) {
	t.Parallel()
	r := setup(t)
	db := r.store()
	r.add(db, repeat(.75, 100)...)
	r.look()
	r.start()
	r.look()
	require.Len(t, events[bus.QualityScoreUpdated](r), 1, "nothing is told again")
	r.add(db, repeat(.9, 100)...)
	r.start()
	r.look()
	all := events[bus.QualityScoreUpdated](r)
	require.Len(t, all, 2)
	require.Equal(t, []any{int64(2), "rising", "good", .75}, []any{all[1].Sequence, all[1].Trend, all[1].PreviousCategory, *all[1].PreviousScore})
	standing, _ := r.known()
	require.InDeltaSlice(t, []float64{.75}, standing.Recent, 1e-9)
}
