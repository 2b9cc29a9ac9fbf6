package tournamentdaemon_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/pipeline/tournamentdaemon"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// calibrating has a calibration a day, and ladders one right after the other.
func calibrating() tournamentdaemon.Settings {
	settings := quick()
	settings.CalibrationInterval = 24 * time.Hour
	return settings
}

func declareCalibrating(workloads workload.Set) host.Declaration {
	return tournamentdaemon.Declare(tournamentdaemon.Config{Workloads: workloads, Settings: calibrating})
}

func (c cluster) calibration(id string) pipeline.Calibration {
	c.Helper()
	found, err := pipeline.CalibrationOf(c.Context(), c.Ledger, id)
	require.NoError(c, err)
	return found
}

// The baselines play each other first. As they score as they should, their ratings are from then on what those games say,
// whatever is played later.
func TestBaselinesAreCalibrated(t *testing.T) {
	t.Parallel()
	for _, configKey := range []string{"sq5_2p", "sq5_3p"} {
		t.Run(configKey, func(t *testing.T) {
			t.Parallel()
			r := pipelinetest.New(t, &mini)
			c := cluster{r, r.Daemon(declareCalibrating(r.Workloads), 1), r.Daemon(populate(r), 1)}
			c.generations(configKey)
			played := c.play(configKey)
			require.Equal(t, tournament.Calibration, played.Kind)
			require.True(t, played.Counts, played.Reason)
			c.requireFile(played)
			c.requireRatings(played)
			told, err := bus.Decode[bus.TournamentCompleted](c.Told("TOURNAMENT_COMPLETED")[0])
			require.NoError(t, err)
			require.Equal(t, []any{tournament.Calibration, played.Valid}, []any{told.Kind, told.GamesPlayed})
			made := c.calibration(played.ID)
			require.Len(t, made.Rungs, 2)
			for i, names := range [][2]string{{"heuristic", "random"}, {"heuristic_search", "heuristic"}} {
				rung := made.Rungs[i]
				require.Equal(t, names, [2]string{rung.Stronger, rung.Weaker})
				require.InDelta(t, .9*rung.Expected, rung.Least, 1e-12)
				require.GreaterOrEqual(t, rung.Score.Games(), int64(100))
				require.NotEqual(t, pipeline.CalibrationFails, rung.Verdict, rung)
			}
			require.Empty(t, c.Told("CALIBRATION_FAILED"))
			require.Equal(t, spec.HealthOK, c.daemon.Health().Status)
			if made.Verdict == pipeline.CalibrationHolds {
				c.requireAnchors(configKey, played, made)
			} else { // of three players the searching one is not much stronger, so that another sample has to tell
				require.Nil(t, made.Anchors)
				require.Equal(t, tournament.Ladder, c.play(configKey).Kind, "the ladder has its turn")
				require.Equal(t, tournament.Calibration, c.play(configKey).Kind, "what is open is looked at again")
			}
		})
	}
}

// Calibrations that hold are repeated while something is measured by them: the last one comes after the last ladder.
func TestCalibrationsRestWithTheLadder(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	always := tournamentdaemon.Config{Workloads: r.Workloads, Settings: func() tournamentdaemon.Settings {
		settings := quick()
		settings.CalibrationInterval = time.Nanosecond
		return settings
	}}
	c := cluster{r, r.Daemon(tournamentdaemon.Declare(always), 1), r.Daemon(populate(r), 1)}
	c.Bootstrap(config)
	c.playOut(config)
	all, err := tournament.Results(t.Context(), c.Ledger, config, 50)
	require.NoError(t, err)
	require.Equal(t, tournament.Calibration, all[0].Kind, "the last one")
	require.Equal(t, tournament.Ladder, all[len(all)-2].Kind, "they take turns")
	c.daemon.RequireIdle()
}

// playOut plays tournaments until none is planned.
func (c cluster) playOut(configKey string) {
	c.Helper()
	const many = 30 // a ladder of 60 games in tournaments of 20, with calibrations between, some of them open by chance
	last := ""
	for range many {
		now := c.play(configKey).ID
		if now == last {
			return
		}
		last = now
	}
	require.Fail(c, "tournaments without end")
}

// requireAnchors plays on, until the ladder has nothing left to tell, and finds the baselines where they were.
func (c cluster) requireAnchors(configKey string, played tournament.Result, made pipeline.Calibration) {
	c.Helper()
	require.Equal(c, played.Ratings, made.Anchors, "by the games among them alone")
	require.InDelta(c, 400, made.Anchors[promotion.Random], 0)
	holds, err := pipeline.Calibrated(c.Context(), c.Ledger, configKey, played.Harness)
	require.NoError(c, err)
	require.True(c, *holds)
	for range 3 {
		ladder := c.play(configKey)
		require.Equal(c, tournament.Ladder, ladder.Kind)
		for name, anchor := range made.Anchors {
			require.InDelta(c, anchor, ladder.Ratings[name], 0, name)
		}
	}
	all, err := tournament.Results(c.Context(), c.Ledger, configKey, 10)
	require.NoError(c, err)
	snapshot, err := c.Ledger.Ratings(c.Context(), configKey, played.Harness)
	require.NoError(c, err)
	var matches []rating.Match
	for _, one := range all {
		matches = append(matches, c.matches(one)...)
	}
	expected, err := rating.Compute(matches, rating.Options{Pinned: made.Anchors})
	require.NoError(c, err)
	require.Len(c, snapshot.Ratings, len(expected))
	for _, one := range expected {
		rated, found := pipeline.RatingOf(snapshot, one.Participant)
		require.True(c, found)
		require.Equal(c, ledger.Rating(one), rated)
	}
}

// matches are those of a tournament in the ledger.
func (c cluster) matches(of tournament.Result) (matches []rating.Match) {
	c.Helper()
	list, err := c.Ledger.MatchesOf(c.Context(), of.ID, ledger.Page{Limit: 1000})
	require.NoError(c, err)
	for _, match := range slices.Backward(list.Items) {
		one := rating.Match{Participants: match.Participants}
		for _, outcome := range match.Outcomes {
			one.Outcomes = append(one.Outcomes, rating.Outcome(outcome))
		}
		matches = append(matches, one)
	}
	return matches
}

// A workload that calls the weaker baseline the stronger one is found out by real games, anchors nothing, and is looked at
// again until it has been mended.
func TestAFalseBaselineIsFoundOut(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	right, _, err := r.Workloads.Of(config)
	require.NoError(t, err)
	manifest, wrong := *right.Manifest, *right
	manifest.Baselines = []workload.Baseline{
		{ID: "random", NominalElo: 400, Pinned: true}, {ID: "heuristic_search", NominalElo: 1200}, {ID: "heuristic", NominalElo: 1400},
	}
	wrong.Manifest, wrong.Hash = &manifest, "wrong"
	mislabelled, err := workload.NewSet(&wrong)
	require.NoError(t, err)
	c := cluster{r, r.Daemon(declareCalibrating(mislabelled), 1), r.Daemon(populate(r), 1)}
	c.Bootstrap(config)
	played := c.play(config)
	made := c.calibration(played.ID)
	require.Equal(t, pipeline.CalibrationFails, made.Verdict)
	require.Nil(t, made.Anchors)
	all := c.Told("CALIBRATION_FAILED")
	require.Len(t, all, 1)
	told, err := bus.Decode[bus.CalibrationFailed](all[0])
	require.NoError(t, err)
	require.Equal(t, []any{"heuristic", "heuristic_search", int64(100)}, []any{told.Stronger, told.Weaker, told.GamesPlayed})
	require.InDelta(t, .55, told.Expected, .001)
	require.Less(t, told.High, told.Least)
	require.InDelta(t, share(played.Score(2, "heuristic", "heuristic_search")), told.Observed, 1e-9)
	health := c.health()
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Contains(t, health.Findings[0], "fails: heuristic wins")
	holds, err := pipeline.Calibrated(t.Context(), c.Ledger, config, played.Harness)
	require.NoError(t, err)
	require.False(t, *holds)

	mended := cluster{r, r.Daemon(declareCalibrating(r.Workloads), 2), c.populator}
	for range 6 { // one that was planned by the wrong order tells nothing, and the ladder has its turns
		mended.play(config)
	}
	holds, err = pipeline.Calibrated(t.Context(), c.Ledger, config, played.Harness)
	require.NoError(t, err)
	require.True(t, *holds)
	mended.daemon.Round()
	require.Equal(t, spec.HealthOK, mended.daemon.Health().Status)
	require.Len(t, c.Told("CALIBRATION_FAILED"), 1)
}

// Kills of the daemon and of the worker at any moment leave one calibration, its anchors, and no game twice.
func TestKillsGiveNoSecondCalibration(t *testing.T) {
	rarelyCalibrating := func() tournamentdaemon.Settings {
		settings := rarely()
		settings.CalibrationInterval = 24 * time.Hour
		return settings
	}
	declareRarely := func(r *pipelinetest.Rig) host.Declaration {
		return tournamentdaemon.Declare(tournamentdaemon.Config{Workloads: r.Workloads, Settings: rarelyCalibrating})
	}
	pipelinetest.DaemonToKill(t, declareRarely)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	r.Bootstrap(config)
	for epoch := range int64(4) {
		r.KillDaemon(epoch + 1)
	}
	r.Daemon(declareRarely(r), 10).Round()
	r.Daemon(populate(r), 1).Round()
	queued := r.Jobs(workload.Match)
	require.Len(t, queued, 1)
	r.KillWorker(queued[0])
	r.RunJobs()
	for epoch := range int64(4) {
		r.KillDaemon(epoch + 11)
	}
	daemon := r.Daemon(declareRarely(r), 20)
	daemon.Round()
	results, err := tournament.Results(t.Context(), r.Ledger, config, 10)
	require.NoError(t, err)
	require.Len(t, results, 1)
	require.Equal(t, tournament.Calibration, results[0].Kind)
	require.True(t, results[0].Counts, results[0].Reason)
	c := cluster{Rig: r}
	c.requireFile(results[0])
	c.requireRatings(results[0])
	made, err := r.Ledger.Decisions(t.Context(), pipeline.DecisionCalibration, config, ledger.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, made.Items, 1)
	require.Equal(t, results[0].Ratings, c.calibration(results[0].ID).Anchors)
	require.Len(t, r.Told("TOURNAMENT_COMPLETED"), 1)
}

func share(score rating.Score) float64 {
	reached, _ := score.Rate()
	return reached
}
