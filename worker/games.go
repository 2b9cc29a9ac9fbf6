package main

import (
	"time"

	"github.com/ringrift/orchestrator/daemons/pipeline/selfplaycoordinator"
	"github.com/ringrift/orchestrator/daemons/resource/idleresource"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

// rules are the stages of an iteration, in their order, with what bounds them.
func rules(loop thresholds.Loop) spec.PipelineRules {
	stage := func(stage spec.Stage, deadline time.Duration, attempts int, giveUp spec.GiveUp) spec.StageRule {
		return spec.StageRule{Stage: stage, Deadline: deadline, Attempts: int64(attempts), GiveUp: giveUp}
	}
	deadlines, attempts := loop.Deadlines, loop.Attempts
	return spec.PipelineRules{
		CircuitPause: loop.CircuitPause, CircuitMax: loop.CircuitMax,
		Stages: []spec.StageRule{
			stage(spec.StageInitialising, deadlines.Initialising, attempts.Initialising, spec.GiveUpCircuit),
			{Stage: spec.StageCollecting},
			stage(spec.StageSyncing, deadlines.Syncing, attempts.Syncing, spec.GiveUpSkip),
			stage(spec.StageConsolidating, deadlines.Consolidating, attempts.Consolidating, spec.GiveUpCircuit),
			stage(spec.StageExporting, deadlines.Exporting, attempts.Exporting, spec.GiveUpCircuit),
			stage(spec.StageCombining, deadlines.Combining, attempts.Combining, spec.GiveUpCircuit),
			stage(spec.StageTraining, deadlines.Training, attempts.Training, spec.GiveUpCircuit),
			stage(spec.StageEvaluating, deadlines.Evaluating, attempts.Evaluating, spec.GiveUpUnrated),
			stage(spec.StageDeciding, deadlines.Deciding, attempts.Deciding, spec.GiveUpCircuit),
			stage(spec.StageDistributing, deadlines.Distributing, attempts.Distributing, spec.GiveUpSkip),
			stage(spec.StageFeedback, deadlines.Feedback, attempts.Feedback, spec.GiveUpSkip),
		},
	}
}

// selfplay are the settings of SELFPLAY_COORDINATOR.
func (t *training) selfplay() selfplaycoordinator.Settings {
	now := t.now()
	params := map[string]any{
		"opening_plies": orNone(now.Selfplay.OpeningPlies), "temperature": orNone(now.Selfplay.Temperature), "exploration": orNone(now.Selfplay.Exploration),
	}
	if now.Selfplay.SearchBudget > 0 {
		params["search_budget"] = now.Selfplay.SearchBudget
	}
	return selfplaycoordinator.Settings{
		Version: now.Version, BudgetGames: int64(now.Selfplay.BudgetGames), AheadGames: int64(now.Selfplay.AheadGames),
		GamesPerJob: int64(now.Selfplay.GamesPerJob), PlanInterval: now.Selfplay.PlanInterval,
		BootstrapGames: int64(now.Selfplay.BootstrapGames), FloorShare: now.Selfplay.FloorShare, CapShare: now.Selfplay.CapShare,
		MaxSearchBudget: now.Feedback.MaxSearchBudget, Params: params, GoodQuality: now.Quality.Good,
		Idle: selfplaycoordinator.IdleSettings{
			After: now.Idle.After, Games: int64(now.Idle.Games), GPUGames: int64(now.Idle.GPUGames), Ceiling: int64(now.Idle.Ceiling), Cooldown: now.Idle.Cooldown,
			Policy: t.placing,
		},
	}
}

// disk is the share of a node's disk that may be in use.
func (t *training) disk() float64 { return t.now().Disk.MaxUsed }

// placing is where jobs go.
func (t *training) placing() jobs.Policy {
	policy := jobs.DefaultPolicy()
	policy.MaxDisk = t.disk()
	return policy
}

// idle are the settings of IDLE_RESOURCE.
func (t *training) idle() idleresource.Settings {
	idle := t.now().Idle
	return idleresource.Settings{After: idle.After, MaxCPU: idle.MaxCPU, MaxGPU: idle.MaxGPU}
}

// orNone says none as a workload does, to which zero means its own default.
func orNone[T int | int64 | float64 | time.Duration](value T) T {
	if value == 0 {
		return -1
	}
	return value
}
