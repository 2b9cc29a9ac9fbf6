package tournamentdaemon

import (
	"cmp"
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// plans of a configuration are looked through for who has met whom.
const plans = 200

// draft is the next tournament of a configuration, and whether there is something to be played.
func draft(ctx context.Context, l *ledger.Ledger, w *workload.Workload, config workload.Config, number int64, settings Settings) (tournament.Plan, bool, error) {
	harness := cmp.Or(settings.Harness, w.Manifest.DefaultHarness())
	plan := tournament.Plan{
		ID: fmt.Sprintf("%s/%s/%d", config.Key, tournament.Ladder, number), ConfigKey: config.Key, Kind: tournament.Ladder, Number: number,
		Harness: pipeline.Harness(harness, settings.SearchBudget), GamesPerPair: settings.GamesPerPair, ValidShare: settings.ValidShare,
	}
	models, met, err := roster(ctx, l, config.Key, settings.Models)
	if err != nil {
		return plan, false, err
	}
	if met.results, err = evidence(ctx, l, config.Key, plan.Harness); err != nil {
		return plan, false, err
	}
	var baselines []string
	for _, baseline := range w.Manifest.Baselines {
		baselines = append(baselines, baseline.ID)
	}
	plan.Pairings = meetings(models, baselines, config.Players, met, settings)
	plan.Models, plan.Baselines = playing(models, plan.Pairings), playing(baselines, plan.Pairings)
	plan.Reason = fmt.Sprintf("%d pairs have met less than %d times", len(plan.Pairings), settings.GamesEnough)
	if len(plan.Pairings) == 0 {
		return plan, false, nil
	}
	plan.Job, err = job(ctx, l, w, plan, harness, settings)
	return plan, err == nil, err
}

// evidence are the tournaments that count and compare.
func evidence(ctx context.Context, l *ledger.Ledger, configKey, harness string) (met []tournament.Result, err error) {
	all, err := tournament.Results(ctx, l, configKey, plans)
	for _, result := range all {
		if result.Counts && result.Harness == harness {
			met = append(met, result)
		}
	}
	return met, err
}

// job plays a tournament. Models play under their ids, so that the games say who they are.
func job(ctx context.Context, l *ledger.Ledger, w *workload.Workload, plan tournament.Plan, harness string, settings Settings) (ledger.JobSpec, error) {
	params := workload.MatchParams{
		GamesPerPair: plan.GamesPerPair, Seats: workload.SeatsBalanced, SearchBudget: settings.SearchBudget, OpeningPlies: settings.OpeningPlies,
	}
	var inputs []jobs.Input
	for _, id := range plan.Models {
		model, err := l.Model(ctx, id)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		input, err := pipeline.ModelInput(ctx, l, id, model)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		inputs = append(inputs, input)
		params.Participants = append(params.Participants, workload.Participant{ID: id, Player: workload.Player{Model: id, Harness: harness}})
	}
	for _, id := range plan.Baselines {
		params.Participants = append(params.Participants, workload.Participant{ID: id, Player: workload.Player{Baseline: id}})
	}
	for _, pairing := range plan.Pairings {
		params.Pairings = append(params.Pairings, pairing[:])
	}
	return pipeline.Job(w, workload.Match, pipeline.JobOptions{Params: params, Inputs: inputs, PlanVersion: settings.Version, SeedFrom: plan.ID})
}
