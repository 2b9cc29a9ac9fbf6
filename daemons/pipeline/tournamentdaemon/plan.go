package tournamentdaemon

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
)

// plans of a configuration are looked through for who has met whom.
const plans = 200

// next is what the next tournament of a configuration is drafted from.
type next struct {
	ledger   *ledger.Ledger
	workload *workload.Workload
	config   workload.Config
	number   int64
	now      time.Time // by the ledger's clock
	settings Settings
}

// harness is the one that models play under.
func (n next) harness() string {
	return cmp.Or(n.settings.Harness, n.workload.Manifest.DefaultHarness())
}

// plan is a tournament of which only the players are missing.
func (n next) plan(kind string) tournament.Plan {
	return tournament.Plan{
		ID: fmt.Sprintf("%s/%s/%d", n.config.Key, kind, n.number), ConfigKey: n.config.Key, Kind: kind, Number: n.number,
		Harness: pipeline.Harness(n.harness(), n.settings.SearchBudget), GamesPerPair: n.settings.GamesPerPair, ValidShare: n.settings.ValidShare,
	}
}

func baselines(w *workload.Workload) (names []string) {
	for _, baseline := range w.Manifest.Baselines {
		names = append(names, baseline.ID)
	}
	return names
}

// ladder is the next one of a configuration, and whether there is something to be played.
func (n next) ladder(ctx context.Context) (tournament.Plan, bool, error) {
	plan := n.plan(tournament.Ladder)
	models, met, err := roster(ctx, n.ledger, n.config.Key, n.settings.Models)
	if err != nil {
		return plan, false, err
	}
	if met.results, err = evidence(ctx, n.ledger, n.config.Key, plan.Harness); err != nil {
		return plan, false, err
	}
	met.players = n.config.Players
	plan.Pairings = meetings(models, baselines(n.workload), met, n.settings)
	plan.Models, plan.Baselines = playing(models, plan.Pairings), playing(baselines(n.workload), plan.Pairings)
	plan.Reason = fmt.Sprintf("the games of %d pairs are not settled", len(plan.Pairings))
	if len(plan.Pairings) == 0 {
		return plan, false, nil
	}
	plan.Job, err = n.job(ctx, plan)
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
func (n next) job(ctx context.Context, plan tournament.Plan) (ledger.JobSpec, error) {
	params := workload.MatchParams{
		GamesPerPair: plan.GamesPerPair, Seats: workload.SeatsBalanced, SearchBudget: n.settings.SearchBudget, OpeningPlies: n.settings.OpeningPlies,
	}
	var inputs []jobs.Input
	for _, id := range plan.Models {
		model, err := n.ledger.Model(ctx, id)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		input, err := pipeline.ModelInput(ctx, n.ledger, id, model)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		inputs = append(inputs, input)
		params.Participants = append(params.Participants, workload.Participant{ID: id, Player: workload.Player{Model: id, Harness: n.harness()}})
	}
	for _, id := range plan.Baselines {
		params.Participants = append(params.Participants, workload.Participant{ID: id, Player: workload.Player{Baseline: id}})
	}
	for _, pairing := range plan.Pairings {
		params.Pairings = append(params.Pairings, pairing[:])
	}
	return pipeline.Job(n.workload, workload.Match, pipeline.JobOptions{Params: params, Inputs: inputs, PlanVersion: n.settings.Version, SeedFrom: plan.ID})
}
