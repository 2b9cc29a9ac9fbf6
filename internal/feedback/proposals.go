package feedback

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
)

// severity is what a regression does to the plan: the weaker the models have become, the more is explored and played.
type severity struct {
	exploration float64
	games       float64 // times failedGames
}

func severities() map[string]severity {
	return map[string]severity{"minor": {1.5, 1}, "moderate": {1.6, 1.5}, "severe": {1.75, 2}, "critical": {2, 2.5}}
}

const critical = "critical"

// proposed are the signals in what others have proposed. A proposal that cannot be read says nothing.
func proposed(e Evidence) []Signal {
	var signals []Signal
	for _, one := range e.Proposals {
		for _, signal := range one.signals() {
			signal.At = one.At
			signals = append(signals, signal)
		}
	}
	return append(signals, anomalies(e.Proposals)...)
}

func (p Proposal) signals() []Signal {
	switch p.Name {
	case "HYPERPARAMETER_UPDATED":
		return read(p, hyperparameter)
	case "ADAPTIVE_PARAMS_CHANGED":
		return read(p, adaptive)
	case "SELFPLAY_TARGET_UPDATED":
		return read(p, func(t bus.SelfplayTargetUpdated) []Signal {
			return []Signal{{Name: "target of " + p.Source, Text: t.Reason, ExtraGames: t.ExtraGames, Until: t.ExpiresAt}}
		})
	case "REGRESSION_DETECTED":
		return read(p, regression)
	case "REGRESSION_CLEARED":
		return read(p, func(c bus.RegressionCleared) []Signal {
			return []Signal{{Name: "regression of " + c.Metric}, {Name: "critical regression of " + c.Metric}}
		})
	case "PLATEAU_DETECTED":
		return read(p, plateau)
	}
	return nil
}

// read reads the payload of a proposal.
func read[T bus.Payload](p Proposal, signals func(T) []Signal) []Signal {
	var payload T
	if json.Unmarshal(p.Payload, &payload) != nil {
		return nil
	}
	return signals(payload)
}

func hyperparameter(h bus.HyperparameterUpdated) []Signal {
	parameter := Parameter(strings.ToLower(h.Parameter))
	if new(Values).of(parameter) == nil || parameter == Intensity {
		return nil // it is none of a plan's that somebody else may propose
	}
	return []Signal{{Name: "proposed " + string(parameter), Text: h.Reason, Factors: map[Parameter]float64{parameter: h.NewValue}}}
}

func adaptive(a bus.AdaptiveParamsChanged) []Signal {
	signal := Signal{Name: "proposed parameters", Text: a.Reason, Factors: map[Parameter]float64{}}
	for parameter, factor := range map[Parameter]*float64{
		LearningRate: a.LearningRateMultiplier, BatchSize: a.BatchSizeMultiplier, SearchBudget: a.SearchBudgetMultiplier,
		Temperature: a.TemperatureMultiplier, Exploration: a.ExplorationBoost,
	} {
		if factor != nil {
			signal.Factors[parameter] = *factor
		}
	}
	return []Signal{signal}
}

// holdingRow of critical regressions hold the training. One alone does not: a candidate that is much weaker has been turned
// down already, and with other parameters the next one may be better.
const holdingRow = 3

// regression explores more, the longer it goes on. Critical ones in a row hold the training too, for a while.
func regression(r bus.RegressionDetected) []Signal {
	does, known := severities()[r.Severity]
	if !known {
		return nil
	}
	repeats := float64(max(0, r.Consecutive-1))
	signals := []Signal{{
		Name: "regression of " + r.Metric, Class: Regression, Text: fmt.Sprintf("%s regression: %s", r.Severity, r.Reason),
		Factors:    map[Parameter]float64{Exploration: does.exploration + .15*repeats},
		ExtraGames: int64(failedGames * (does.games + .3*repeats)),
	}}
	if r.Severity != critical || r.Consecutive < holdingRow {
		return signals
	}
	return append(signals, Signal{
		Name: "critical regression of " + r.Metric, Class: Safety, Text: "critical regression: " + r.Reason,
		Factors: map[Parameter]float64{Intensity: 0},
	})
}

// plateau of a loss asks for smaller steps, of anything else for other games.
func plateau(p bus.PlateauDetected) []Signal {
	signal := Signal{Name: "plateau of " + p.Metric, Class: Plateau, Text: p.Reason}
	if strings.Contains(p.Metric, "loss") {
		signal.Factors = map[Parameter]float64{LearningRate: .5}
	} else {
		signal.Factors = map[Parameter]float64{Exploration: 1.2, SearchBudget: 1.25}
	}
	return []Signal{signal}
}

// anomalies of the newest run that has some lower the learning rate, once there are more than a run may have.
func anomalies(proposals []Proposal) []Signal {
	run, count := newestRun(proposals)
	if count == 0 || count < tolerated(run.Epoch) {
		return nil
	}
	return []Signal{{
		Name: "loss anomalies", Class: Regression, At: run.at, Text: fmt.Sprintf("the loss of run %s was off its course %d times", run.RunID, count),
		Factors: map[Parameter]float64{LearningRate: .5},
	}}
}

// tolerated is how many anomalies a run may have until an epoch: at first a loss jumps.
func tolerated(epoch int) int {
	switch {
	case epoch < 5:
		return 5
	case epoch < 15:
		return 3
	}
	return 2
}
