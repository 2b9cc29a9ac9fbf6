package tournamentdaemon

import (
	"context"
	"errors"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/tournament"
)

// calibration is the next one of a configuration, and whether it is due. A workload with a single baseline has nothing to
// calibrate.
func (n next) calibration(ctx context.Context) (tournament.Plan, bool, error) {
	plan := n.plan(tournament.Calibration)
	plan.GamesPerPair, plan.Reason = n.settings.CalibrationGames, "the baselines are the measure of all ratings"
	steps := rungs(n.workload.Manifest.Baselines, n.config.Players)
	if len(steps) == 0 || n.settings.CalibrationInterval < 0 {
		return plan, false, nil
	}
	due, err := n.calibrationDue(ctx, plan.Harness)
	if err != nil || !due {
		return plan, false, err
	}
	for _, step := range steps {
		plan.Pairings = append(plan.Pairings, [2]string{step.Stronger, step.Weaker})
	}
	plan.Baselines = playing(baselines(n.workload), plan.Pairings)
	plan.Job, err = n.job(ctx, plan)
	return plan, err == nil, err
}

// calibrationDue says whether there is no calibration of this workload under a harness, or the last one did not hold, or it
// is old and what was measured since rests on it. One that was tried, even in vain, is not repeated at once.
func (n next) calibrationDue(ctx context.Context, harness string) (bool, error) {
	last, _, err := tournament.LatestOf(ctx, n.ledger, n.config.Key, tournament.Calibration)
	if err != nil || n.now.Sub(last.MadeAt) < n.settings.LadderInterval {
		return false, err
	}
	newest, err := pipeline.NewestCalibration(ctx, n.ledger, n.config.Key, harness, func(c pipeline.Calibration) bool {
		return c.Workload == n.workload.Hash
	})
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return true, nil
	case err != nil || newest.Verdict != pipeline.CalibrationHolds:
		return err == nil, err
	case n.now.Sub(newest.At) < n.settings.CalibrationInterval:
		return false, nil
	}
	return n.measured(ctx, newest.At)
}

// measured says whether a ladder was planned or an evaluation has ended since a time.
func (n next) measured(ctx context.Context, since time.Time) (bool, error) {
	ladder, _, err := tournament.LatestOf(ctx, n.ledger, n.config.Key, tournament.Ladder)
	if err != nil || ladder.MadeAt.After(since) {
		return err == nil, err
	}
	evaluations, err := n.ledger.Decisions(ctx, pipeline.DecisionEvaluation, n.config.Key, ledger.Page{Limit: 1})
	return err == nil && len(evaluations.Items) > 0 && evaluations.Items[0].DecidedAt.After(since), err
}

// calibrate says what a calibration's games say, and keeps it before they count for anything: whoever rates by them knows
// the anchors.
func (d *daemon) calibrate(ctx context.Context, session *ledger.Session, plan tournament.Plan, result tournament.Result) error {
	w, config, err := d.config.Workloads.Of(plan.ConfigKey)
	if err != nil {
		return err
	}
	c := pipeline.Calibration{TournamentID: plan.ID, ConfigKey: plan.ConfigKey, Harness: plan.Harness, Workload: w.Hash}
	c.Rungs, c.Verdict = judge(rungs(w.Manifest.Baselines, config.Players), func(stronger, weaker string) rating.Score {
		return result.Score(config.Players, stronger, weaker)
	})
	if c.Anchors, err = pipeline.Anchors(ctx, session.Ledger(), plan.ConfigKey, plan.Harness, w.Hash); err != nil {
		return err
	}
	if c.Anchors == nil && c.Verdict == pipeline.CalibrationHolds {
		if c.Anchors, err = anchors(result, pipeline.Pinned(w)); err != nil {
			return err
		}
	}
	_, err = pipeline.Calibrate(ctx, session, c, reason(c.Rungs))
	return err
}

// failures are the events of a calibration: the rungs that surely do not hold.
func failures(c pipeline.Calibration) (told []bus.CalibrationFailed) {
	for _, rung := range c.Rungs {
		if rung.Verdict != pipeline.CalibrationFails {
			continue
		}
		observed, _ := rung.Score.Rate()
		low, high, _ := rung.Score.Interval()
		told = append(told, bus.CalibrationFailed{
			Config: bus.ConfigOf(c.ConfigKey), TournamentID: c.TournamentID, Harness: c.Harness, Stronger: rung.Stronger, Weaker: rung.Weaker,
			Expected: rung.Expected, Least: rung.Least, Observed: observed, Low: low, High: high, GamesPlayed: rung.Score.Games(),
		})
	}
	return told
}
