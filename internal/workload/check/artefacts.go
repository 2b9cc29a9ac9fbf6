package check

import (
	"context"

	"github.com/ringrift/orchestrator/internal/workload"
)

// The params below are those that the training loop gives: a workload that is green here is asked for nothing new there.

// initial is the generation-0 model of a configuration.
func (k *kit) initial(ctx context.Context, config string) (workload.Input, error) {
	o, err := k.initRun(ctx, config)
	return k.output(o, err, workload.RoleModel, "initial")
}

func (k *kit) initRun(ctx context.Context, config string) (*outcome, error) {
	return k.made(ctx, "init/"+config, func() (spec, error) {
		return spec{command: workload.Init, params: workload.InitParams{}, config: config}, nil
	})
}

// selfplaySpec plays games with the generation-0 model.
func (k *kit) selfplaySpec(ctx context.Context, games int) (spec, error) {
	model, err := k.initial(ctx, k.config.Key)
	if err != nil {
		return spec{}, err
	}
	return spec{
		command: workload.Selfplay, inputs: []workload.Input{model},
		params: workload.SelfplayParams{
			Games: games, Model: model.Name, SearchBudget: searchBudget, Temperature: 1, Exploration: 0.25, OpeningPlies: -1,
		},
	}, nil
}

// plenty are more samples than the kit makes.
const plenty = 1_000_000

// searchBudget is the number of simulations a move: enough for a search over a small board to tell moves apart.
const searchBudget = 48

func (k *kit) selfplayRun(ctx context.Context) (*outcome, error) {
	return k.made(ctx, "selfplay", func() (spec, error) {
		s, err := k.selfplaySpec(ctx, k.options.Games)
		s.job = "check-selfplay"
		return s, err
	})
}

// games are those of one self-play run.
func (k *kit) games(ctx context.Context) (workload.Input, error) {
	o, err := k.selfplayRun(ctx)
	return k.output(o, err, workload.RoleGames, "games")
}

func (k *kit) exportRun(ctx context.Context) (*outcome, error) {
	return k.made(ctx, "export", func() (spec, error) {
		games, err := k.games(ctx)
		return spec{
			command: workload.Export, inputs: []workload.Input{games},
			params: workload.ExportParams{
				Games: []string{games.Name}, EncoderVersion: k.manifest().EncoderVersion, MaxSamples: plenty, Filters: workload.ExportFilters{MinMoves: 1},
			},
		}, err
	})
}

// dataset has all samples of the games.
func (k *kit) dataset(ctx context.Context) (workload.Input, error) {
	o, err := k.exportRun(ctx)
	return k.output(o, err, workload.RoleDataset, "dataset")
}

func (k *kit) combineRun(ctx context.Context) (*outcome, error) {
	return k.made(ctx, "combine", func() (spec, error) {
		dataset, err := k.dataset(ctx)
		return spec{
			command: workload.Combine, inputs: []workload.Input{dataset},
			params: workload.CombineParams{
				Datasets:   []workload.CombineSource{{Input: dataset.Name, Weight: 1.5}},
				MaxSamples: plenty, MaxRepeat: 3, HoldoutFraction: 0.25,
			},
		}, err
	})
}

// lessons are the inputs of training: the samples, the holdout, and the generation-0 model.
func (k *kit) lessons(ctx context.Context) ([]workload.Input, error) {
	o, err := k.combineRun(ctx)
	dataset, err := k.output(o, err, workload.RoleDataset, "training")
	if err != nil {
		return nil, err
	}
	holdout, err := k.output(o, nil, workload.RoleHoldout, "holdout")
	if err != nil {
		return nil, err
	}
	parent, err := k.initial(ctx, k.config.Key)
	return []workload.Input{dataset, holdout, parent}, err
}

func (k *kit) trainSpec(ctx context.Context) (spec, error) {
	inputs, err := k.lessons(ctx)
	if err != nil {
		return spec{}, err
	}
	return spec{
		command: workload.Train, inputs: inputs,
		params: workload.TrainParams{
			Dataset: inputs[0].Name, Holdout: inputs[1].Name, Parent: inputs[2].Name, LRSchedule: "cosine", EarlyStopPatience: 3, CheckpointEveryS: 30,
		},
	}, nil
}

func (k *kit) trainRun(ctx context.Context) (*outcome, error) {
	return k.made(ctx, "train", func() (spec, error) { return k.trainSpec(ctx) })
}

// trained is the generation-1 model.
func (k *kit) trained(ctx context.Context) (workload.Input, error) {
	o, err := k.trainRun(ctx)
	return k.output(o, err, workload.RoleModel, "trained")
}

func (k *kit) evaluateRun(ctx context.Context, config string) (*outcome, error) {
	return k.made(ctx, "evaluate/"+config, func() (spec, error) {
		model, err := k.initial(ctx, config)
		return spec{
			command: workload.Evaluate, inputs: []workload.Input{model}, config: config, job: "check-evaluate",
			params: workload.EvaluateParams{
				Model: model.Name, Harness: k.manifest().DefaultHarness(), SearchBudget: searchBudget, OpeningPlies: 2,
				Opponents: []workload.Opponent{{Player: workload.Player{Baseline: workload.BaselineRandom}, Games: k.options.Games}},
			},
		}, err
	})
}

func (k *kit) matchRun(ctx context.Context, config string, games int) (*outcome, error) {
	return k.made(ctx, "match/"+config, func() (spec, error) {
		model, err := k.initial(ctx, config)
		same := workload.Player{Model: model.Name}
		return spec{
			command: workload.Match, inputs: []workload.Input{model}, config: config,
			params: workload.MatchParams{
				Participants: []workload.Participant{{ID: "first", Player: same}, {ID: "second", Player: same}},
				Pairings:     [][]string{{"first", "second"}}, GamesPerPair: games, Seats: workload.SeatsBalanced, SearchBudget: searchBudget,
			},
		}, err
	})
}

func (k *kit) inspectSpec(input workload.Input) spec {
	return spec{
		command: workload.Inspect, inputs: []workload.Input{input},
		params: workload.InspectParams{File: input.Name, Verify: 1, ListIDs: true},
	}
}

// facts are what inspect tells of a file.
func (k *kit) facts(ctx context.Context, input workload.Input) (workload.InspectMetrics, error) {
	var facts workload.InspectMetrics
	o, err := k.succeed(ctx, k.inspectSpec(input))
	if err == nil {
		err = o.Result.DecodeMetrics(&facts)
	}
	return facts, err
}
