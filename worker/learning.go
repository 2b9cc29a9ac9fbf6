package main

import (
	"github.com/ringrift/orchestrator/daemons/health/qualitymonitor"
	"github.com/ringrift/orchestrator/daemons/misc/distillation"
	"github.com/ringrift/orchestrator/daemons/misc/metricsanalysis"
	"github.com/ringrift/orchestrator/daemons/pipeline/autoexport"
	"github.com/ringrift/orchestrator/daemons/pipeline/dataconsolidation"
	"github.com/ringrift/orchestrator/daemons/pipeline/npzcombination"
	"github.com/ringrift/orchestrator/daemons/pipeline/trainingtrigger"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/quality"
)

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
		MaxDiskUsed:   t.disk(), MinFreeDisk: orNone(int64(train.MinFreeDiskGB * (1 << 30))), RunLimit: train.RunLimit, SilentLimit: train.SilentLimit,
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

func (t *training) metrics() metricsanalysis.Settings {
	of := t.now().Metrics
	return metricsanalysis.Settings{
		WindowPoints: of.WindowPoints, PlateauPoints: of.PlateauPoints, MinImprovement: of.MinImprovement,
		MinorDrop: of.MinorDrop, SevereDrop: of.SevereDrop, CriticalDrop: of.CriticalDrop, OutlierZ: of.OutlierZ,
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
