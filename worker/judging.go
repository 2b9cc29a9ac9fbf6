package main

import (
	"github.com/ringrift/orchestrator/daemons/evaluation/autopromotion"
	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/daemons/evaluation/gauntletfeedback"
	"github.com/ringrift/orchestrator/daemons/evaluation/unifiedpromotion"
	"github.com/ringrift/orchestrator/daemons/health/modelperformancewatchdog"
	"github.com/ringrift/orchestrator/daemons/pipeline/tournamentdaemon"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/rating"
	"github.com/ringrift/orchestrator/internal/thresholds"
)

func (t *training) performance() modelperformancewatchdog.Settings {
	of := t.now().Performance
	return modelperformancewatchdog.Settings{DegradedShare: of.DegradedShare, SevereShare: of.SevereShare, Cooldown: of.AlertCooldown}
}

func (t *training) evaluation() evaluation.Settings {
	evaluate := t.now().Evaluate
	return evaluation.Settings{
		Policy: t.policy(), Harness: evaluate.Harness, SearchBudget: evaluate.SearchBudget, OpeningPlies: orNone(evaluate.OpeningPlies),
		StuckAfter: evaluate.StuckAfter, PressureOn: int64(evaluate.PressureOn), PressureOff: int64(evaluate.PressureOff),
	}
}

func (t *training) promotion() autopromotion.Settings {
	return autopromotion.Settings{Policy: t.policy()}
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
		GamesEnough: int64(tournament.GamesEnough), GamesLeast: int64(now.Production.MinGames), ValidShare: tournament.ValidShare,
		Required: map[string]promotion.ByPlayers[float64]{
			promotion.Random: sharesByPlayers(now.Production.RandomShare), promotion.Heuristic: sharesByPlayers(now.Production.HeuristicShare),
		},
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
