package main

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/daemons/evaluation/autopromotion"
	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/daemons/evaluation/gauntletfeedback"
	"github.com/ringrift/orchestrator/daemons/evaluation/unifiedpromotion"
	"github.com/ringrift/orchestrator/daemons/health/modelperformancewatchdog"
	"github.com/ringrift/orchestrator/daemons/health/qualitymonitor"
	"github.com/ringrift/orchestrator/daemons/misc/distillation"
	"github.com/ringrift/orchestrator/daemons/misc/metricsanalysis"
	"github.com/ringrift/orchestrator/daemons/pipeline/autoexport"
	"github.com/ringrift/orchestrator/daemons/pipeline/dataconsolidation"
	"github.com/ringrift/orchestrator/daemons/pipeline/npzcombination"
	"github.com/ringrift/orchestrator/daemons/pipeline/selfplaycoordinator"
	"github.com/ringrift/orchestrator/daemons/pipeline/tournamentdaemon"
	"github.com/ringrift/orchestrator/daemons/pipeline/trainingtrigger"
	"github.com/ringrift/orchestrator/daemons/resource/idleresource"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/loops"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/quality"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/thresholds"
	"github.com/ringrift/orchestrator/internal/workload"
)

// training gives the daemons of the training loop what they go by: the thresholds as they are now, and the workloads.
type training struct {
	source    *thresholds.Source
	workloads workload.Set
	loops     *loops.Watch // what operators have ordered beside the thresholds
}

// openTraining reads the thresholds once: a worker whose file is bad from the start says so and ends.
func (p *process) openTraining() error {
	var all []*workload.Workload
	for _, one := range p.workloads {
		all = append(all, one)
	}
	set, err := workload.NewSet(all...)
	if err != nil { // the other configurations work
		p.logger.Error("configurations left out", "folder", p.config.WorkloadsDir, "error", err)
	}
	p.training = &training{
		source: thresholds.NewSource(filepath.Join(p.config.ClusterDir, thresholds.FileName), time.Now, p.logger), workloads: set,
		loops: loops.NewWatch(p.bus, time.Now),
	}
	if _, err := p.training.source.Current(); err != nil {
		return err
	}
	p.pipelines = &activities.Pipelines{Recorder: pipeline.NewRecorder(pipeline.RecorderConfig{
		Open: p.ledger.Open, Publish: p.publish, Terms: p.training.terms, Logger: p.logger,
	})}
	return nil
}

// now are the thresholds in force. There have been good ones, so there always are.
func (t *training) now() thresholds.Snapshot {
	current, _ := t.source.Current() // the fault of a file that has become bad is in the snapshot
	return current
}

// fault is what is wrong with the file as it is now.
func (t *training) fault() error { return t.now().Fault }

// configs are the keys of the configurations to be trained, those that a loop wants among them.
func (t *training) configs() []string {
	lasting := t.lasting()
	for _, key := range slices.Sorted(maps.Keys(t.loops.Wanted())) {
		if !slices.Contains(lasting, key) {
			lasting = append(slices.Clone(lasting), key)
		}
	}
	return lasting
}

// lasting are those that the thresholds name.
func (t *training) lasting() []string {
	switch wanted := t.now().Loop.Configs; {
	case len(wanted) == 0:
		return t.workloads.Keys()
	case slices.Equal(wanted, []string{thresholds.NoConfig}):
		return nil
	default:
		return wanted
	}
}

// terms are the settings that the training loop of a configuration goes by.
func (t *training) terms(key string) pipeline.Terms {
	now := t.now()
	terms := pipeline.Terms{
		Rules:   rules(now.Loop),
		Targets: pipeline.Targets{Iterations: int64(now.Loop.Iterations), Elo: now.Loop.TargetElo},
	}
	offered, config, err := t.workloads.Of(key)
	if err != nil {
		return terms // nobody wants what nobody offers
	}
	terms.Targets.Harness = pipeline.Harness(cmp.Or(now.Evaluate.Harness, offered.Manifest.DefaultHarness()), now.Evaluate.SearchBudget)
	terms.Wanted = slices.Contains(t.lasting(), key)
	terms.MinGames = int64(now.Export.MinGames.For(config.Players))
	terms.Bootstrap = int64(now.Export.BootstrapMin.For(config.Players))
	if ordered := t.loops.Wanted()[key]; ordered.Iteration > 0 {
		terms = terms.For(ordered.Iteration, ordered.Games)
	}
	return terms
}

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
		},
	}
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

func (t *training) consolidation() dataconsolidation.Settings {
	return dataconsolidation.Settings{MinMoves: t.now().Export.MinMoves}
}

func (t *training) export() autoexport.Settings {
	export := t.now().Export
	return autoexport.Settings{MinMoves: export.MinMoves, MaxSamples: export.MaxSamples}
}

func (t *training) combination() npzcombination.Settings {
	combine := t.now().Combine
	return npzcombination.Settings{
		MaxDatasets: combine.WindowDatasets, MaxAge: combine.WindowAge, MaxSamples: int64(combine.MaxSamples),
		Freshness: combine.FreshnessFactor, HalfLife: combine.HalfLife, MaxRepeat: combine.MaxRepeat, HoldoutFraction: combine.HoldoutFraction,
	}
}

func (t *training) trainer() trainingtrigger.Settings {
	train, version := t.now().Train, t.now().Version
	return trainingtrigger.Settings{
		Version: version, Cooldown: orNone(train.Cooldown), MinSamples: int64(train.MinSamples), MinQuality: orNone(train.MinQuality),
		MaxConcurrent: train.MaxConcurrent,
		MinFreeDisk:   orNone(int64(train.MinFreeDiskGB * (1 << 30))), RunLimit: train.RunLimit, SilentLimit: train.SilentLimit,
		Epochs: train.Epochs, BatchSize: train.BatchSize, LearningRate: train.LearningRate, Schedule: train.LRSchedule,
		EarlyStopPatience: orNone(train.EarlyStopPatience), CheckpointSeconds: train.CheckpointEvery.Seconds(),
	}
}

func (t *training) quality() qualitymonitor.Settings {
	of := t.now().Quality
	return qualitymonitor.Settings{
		SampleGames: of.SampleGames, Limits: quality.Limits{Excellent: of.Excellent, Good: of.Good, Degraded: of.Degraded},
		Warning: of.Warning, MinChange: of.MinChange, Cooldown: of.EventCooldown,
	}
}

func (t *training) performance() modelperformancewatchdog.Settings {
	of := t.now().Performance
	return modelperformancewatchdog.Settings{DegradedShare: of.DegradedShare, SevereShare: of.SevereShare, Cooldown: of.AlertCooldown}
}

func (t *training) metrics() metricsanalysis.Settings {
	of := t.now().Metrics
	return metricsanalysis.Settings{
		WindowPoints: of.WindowPoints, PlateauPoints: of.PlateauPoints, MinImprovement: of.MinImprovement,
		MinorDrop: of.MinorDrop, SevereDrop: of.SevereDrop, CriticalDrop: of.CriticalDrop, OutlierZ: of.OutlierZ,
	}
}

func (t *training) evaluation() evaluation.Settings {
	evaluate := t.now().Evaluate
	return evaluation.Settings{
		Policy: t.policy(), Harness: evaluate.Harness, SearchBudget: evaluate.SearchBudget, OpeningPlies: orNone(evaluate.OpeningPlies),
		StuckAfter: evaluate.StuckAfter, PressureOn: int64(evaluate.PressureOn), PressureOff: int64(evaluate.PressureOff),
	}
}

// feedback is what results are judged by for the next round.
func (t *training) feedback() feedback.Policy {
	now := t.now()
	return feedback.Policy{
		Version: now.Version, PauseQuality: now.Feedback.PauseQuality, HalfLife: now.Feedback.BoostHalfLife,
		MaxExploration: now.Feedback.MaxExploration, MaxExtraGames: int64(now.Feedback.MaxExtraGames), MinChange: now.Feedback.MinChange,
		Curriculum: feedback.Curriculum{
			MinWeight: now.Curriculum.MinWeight, MaxWeight: now.Curriculum.MaxWeight, HalfLife: now.Curriculum.HalfLife, MinChange: now.Curriculum.MinChange,
		},
	}
}

func (t *training) promotion() autopromotion.Settings {
	return autopromotion.Settings{Policy: t.policy()}
}

func (t *training) distillation() distillation.Settings {
	now := t.now()
	distill, evaluate := now.Distill, now.Evaluate
	return distillation.Settings{
		Version: now.Version, Positions: distill.Positions, HoldoutFraction: distill.HoldoutFraction,
		Temperature: distill.Temperature, Alpha: distill.Alpha, MinCorrelation: distill.MinCorrelation, MinSign: distill.MinSignAgreement,
		MaxSize: distill.MaxSizeRatio, MaxLatency: distill.MaxLatencyRatio, Games: distill.Games, MinStrength: distill.MinStrength,
		RetryPause: distill.RetryPause, ValidShare: evaluate.ValidShare, Harness: evaluate.Harness, SearchBudget: evaluate.SearchBudget,
		OpeningPlies: orNone(evaluate.OpeningPlies),
	}
}

// policy is what candidates are judged by, and so what an evaluation plays.
func (t *training) policy() promotion.Policy {
	now := t.now()
	evaluate, promote := now.Evaluate, now.Promote
	policy := promotion.DefaultPolicy()
	policy.Name, policy.ValidShare = now.Preset+" "+now.Version, evaluate.ValidShare
	policy.RequiredGames, policy.PlayedGames = byPlayers(promote.MinGames), byPlayers(evaluate.GamesPerBaseline)
	policy.Floor = sharesByPlayers(promote.RandomFloor)
	policy.BootstrapFloor = promotion.ByPlayers[float64]{
		Two: min(policy.BootstrapFloor.Two, policy.Floor.Two), Three: min(policy.BootstrapFloor.Three, policy.Floor.Three),
		Four: min(policy.BootstrapFloor.Four, policy.Floor.Four),
	}
	policy.SPRT = rating.SPRT{
		Elo0: evaluate.Elo0, Elo1: evaluate.Elo1, Alpha: evaluate.Alpha, Beta: evaluate.Beta,
		MinGames: int64(evaluate.HeadToHeadGames), MaxGames: int64(evaluate.MaxGames),
	}
	policy.RateGames = min(policy.RateGames, policy.SPRT.MaxGames)
	policy.CooldownSeconds = promote.Cooldown.Seconds()
	return policy
}

// production is how the model of a configuration that is served outside is guarded.
func (t *training) production(key string) unifiedpromotion.Settings {
	now := t.now()
	production, policy := now.Production, promotion.DefaultGuardPolicy()
	policy.Name = now.Preset + " " + now.Version
	policy.MinHarnesses = 1 // the loop plays in one
	policy.MinRating, policy.RatingGain, policy.WinElo = production.MinElo, production.MinGainElo, production.MinWinElo
	policy.Games = int64(production.MinGames)
	policy.Random, policy.Heuristic = sharesByPlayers(production.RandomShare), sharesByPlayers(production.HeuristicShare)
	policy.Drop, policy.LossElo = production.RollbackDropElo, production.RollbackLossElo
	policy.CheckGames, policy.Consecutive = int64(production.RollbackGames), production.RollbackChecks
	policy.RollbackCooldownSeconds, policy.RollbacksPerDay = production.RollbackCooldown.Seconds(), production.RollbacksPerDay
	return unifiedpromotion.Settings{Policy: policy, Harness: t.terms(key).Targets.Harness}
}

// gauntlet is what evaluations of a configuration are judged by for the next training.
func (t *training) gauntlet(key string) gauntletfeedback.Policy {
	policy := gauntletfeedback.DefaultPolicy()
	policy.ExtraGames = t.terms(key).MinGames
	return policy
}

func (t *training) tournament() tournamentdaemon.Settings {
	now := t.now()
	tournament, evaluate := now.Tournament, now.Evaluate
	return tournamentdaemon.Settings{
		LadderInterval: tournament.LadderInterval, Models: tournament.Models, GamesPerPair: tournament.GamesPerPair,
		GamesEnough: int64(tournament.GamesEnough), ValidShare: tournament.ValidShare,
		CalibrationInterval: tournament.CalibrationInterval, CalibrationGames: tournament.CalibrationGames,
		Harness: evaluate.Harness, SearchBudget: evaluate.SearchBudget, OpeningPlies: orNone(evaluate.OpeningPlies), Version: now.Version,
	}
}

func sharesByPlayers(by thresholds.ByPlayers[float64]) promotion.ByPlayers[float64] {
	return promotion.ByPlayers[float64]{Two: by[0], Three: by[1], Four: by[2]}
}

func byPlayers(by thresholds.ByPlayers[int]) promotion.ByPlayers[int64] {
	return promotion.ByPlayers[int64]{Two: int64(by[0]), Three: int64(by[1]), Four: int64(by[2])}
}
