package tournamentdaemon

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// conclude says what came of a tournament whose job is over. It may be repeated.
func (d *daemon) conclude(ctx context.Context, session *ledger.Session, plan tournament.Plan, job ledger.Job) error {
	result := refuse(resultOf(plan, job.ID), "job %s: %s %s%s", job.ID, job.Status, job.Error, job.CancelReason)
	if job.Status == ledger.Completed {
		var report jobs.Report
		if err := json.Unmarshal(job.Result, &report); err != nil {
			return fmt.Errorf("read the result of job %s: %w", job.ID, err)
		}
		var err error
		if result, err = prove(ctx, session.Ledger(), plan, report); err != nil {
			return err
		}
	}
	if result.Counts {
		if err := d.rate(ctx, session, plan, &result); err != nil {
			return err
		}
	}
	ended, err := tournament.End(ctx, session, result)
	if err != nil {
		return err
	}
	return d.tell(ctx, session.Ledger(), plan, ended)
}

// rate makes matches of a tournament's games, has everybody rated anew, and tells of those who took part.
func (d *daemon) rate(ctx context.Context, session *ledger.Session, plan tournament.Plan, result *tournament.Result) error {
	w, _, err := d.config.Workloads.Of(plan.ConfigKey)
	if err != nil {
		return err
	}
	common := ledger.Match{ConfigKey: plan.ConfigKey, Harness: plan.Harness, Source: plan.ID, Node: result.Node, PlayedAt: result.PlayedAt}
	if plan.Kind == tournament.Calibration {
		if err := d.calibrate(ctx, session, plan, *result); err != nil {
			return err
		}
	}
	if err := record(ctx, session, common, result.Pairs); err != nil {
		return err
	}
	now, before, err := pipeline.Rate(ctx, session, plan.ConfigKey, plan.Harness, w)
	if err != nil {
		return err
	}
	result.Ratings = map[string]float64{}
	for _, name := range plan.Participants() {
		if rated, found := pipeline.RatingOf(now, name); found {
			result.Ratings[name] = rated.Rating
		}
	}
	for _, payload := range pipeline.RatingNews(plan.Participants(), now, before) {
		if err := d.publish(ctx, plan.ConfigKey, payload); err != nil {
			return err
		}
	}
	return nil
}

func record(ctx context.Context, session *ledger.Session, common ledger.Match, pairs []tournament.Pair) error {
	var all []ledger.Match
	for _, pair := range pairs {
		all = append(all, pipeline.Matches(common, pair.Player, pair.Opponent, pair.BySeat)...)
	}
	for len(all) > 0 {
		part := all[:min(len(all), ledger.MaxMatches)]
		if _, err := session.RecordMatches(ctx, part); err != nil {
			return err
		}
		all = all[len(part):]
	}
	return nil
}

// tell says what came of a tournament, once in the life of this copy. Told again it is the same event.
func (d *daemon) tell(ctx context.Context, l *ledger.Ledger, plan tournament.Plan, result tournament.Result) error {
	if d.told[plan.ConfigKey] == plan.ID {
		return nil
	}
	if result.Counts && !d.rt.Bus.Client().MayRepeat(result.EndedAt) { // what is older than the log's memory was told when it happened
		if err := d.publish(ctx, plan.ConfigKey, news(plan, result)); err != nil {
			return err
		}
		if err := d.tellFailures(ctx, l, plan); err != nil {
			return err
		}
	}
	d.told[plan.ConfigKey] = plan.ID
	return nil
}

// tellFailures says which baselines a calibration has found wanting.
func (d *daemon) tellFailures(ctx context.Context, l *ledger.Ledger, plan tournament.Plan) error {
	if plan.Kind != tournament.Calibration {
		return nil
	}
	c, err := pipeline.CalibrationOf(ctx, l, plan.ID)
	if err != nil {
		return err
	}
	for _, failure := range failures(c) {
		if err := d.publish(ctx, plan.ConfigKey, failure); err != nil {
			return err
		}
	}
	return nil
}

func news(plan tournament.Plan, result tournament.Result) bus.TournamentCompleted {
	told := bus.TournamentCompleted{
		Config: bus.ConfigOf(plan.ConfigKey), TournamentID: plan.ID, Kind: plan.Kind, Harness: plan.Harness, Participants: plan.Participants(),
		Results: []bus.PairScore{}, GamesPlayed: result.Valid, InvalidGames: result.Invalid,
	}
	for _, pair := range result.Pairs {
		total := workload.ParticipantResult{BySeat: pair.BySeat}.Total()
		told.Results = append(told.Results, bus.PairScore{
			Player: pair.Player, Opponent: pair.Opponent, Games: int64(total.Games), Wins: int64(total.Wins), Draws: int64(total.Draws), Losses: int64(total.Losses),
		})
	}
	return told
}

func (d *daemon) publish(ctx context.Context, configKey string, payload bus.Payload) error {
	event, err := d.rt.Bus.Event(payload)
	if err != nil {
		return err
	}
	event.ConfigKey = configKey
	return d.rt.Bus.PublishEvent(ctx, event)
}
