package feedback

import (
	"fmt"
	"math"
	"time"
)

// The figures of specs/03 5.1. Slopes are Elo per hour, gains Elo.
const (
	greatGain, smallGain, loss  = 50, 10, -30
	stallSlope, flatSlope, fast = 2, 10, 50

	reducedQuality = .65 // below, trainings are shorter
	failedGames    = 500 // are asked for after a rejection, half of it more for each one before
)

// Signals are what evidence tells, whatever has faded since.
func Signals(evidence Evidence, policy Policy) []Signal {
	signals := quality(evidence, policy)
	signals = append(signals, divergence(evidence)...)
	signals = append(signals, gain(evidence)...)
	signals = append(signals, rejections(evidence)...)
	signals = append(signals, slope(evidence)...)
	return append(signals, proposed(evidence)...)
}

func quality(e Evidence, policy Policy) []Signal {
	if e.Quality == nil {
		return nil // nobody is held for what is not known
	}
	text := fmt.Sprintf("%.0f %% of the last %d games are valid", 100*e.Quality.Share, e.Quality.Games)
	signal := Signal{Name: "quality", Class: Quality, Text: text, At: e.Quality.At}
	switch share := e.Quality.Share; {
	case share < policy.PauseQuality:
		signal.Class, signal.Factors = Safety, map[Parameter]float64{Intensity: 0}
	case share < reducedQuality:
		signal.Factors = map[Parameter]float64{Intensity: .8}
	default:
		return nil
	}
	return []Signal{signal}
}

// divergence lowers the learning rate: the next attempt is no blind repetition.
func divergence(e Evidence) []Signal {
	if e.Diverged == 0 {
		return nil
	}
	return []Signal{{
		Name: "divergence", Class: Regression, At: e.DivergedAt, Text: fmt.Sprintf("%d times in a row a training has diverged", e.Diverged),
		Factors: map[Parameter]float64{LearningRate: math.Pow(.5, float64(e.Diverged))},
	}}
}

// gain is about the newest candidate beside the model that was canonical.
func gain(e Evidence) []Signal {
	if len(e.Decisions) == 0 || e.Decisions[0].Gain == nil {
		return nil
	}
	last := e.Decisions[0]
	signal := Signal{Name: "gain", At: last.At, Text: fmt.Sprintf("the last candidate is %+.0f Elo from the canonical model", *last.Gain)}
	switch elo := *last.Gain; {
	case elo > greatGain:
		signal.Class, signal.Factors = Growth, map[Parameter]float64{Epochs: 1.5}
	case elo < loss:
		signal.Class, signal.Factors = Regression, map[Parameter]float64{LearningRate: .2}
	case elo < smallGain:
		signal.Class, signal.Factors = Plateau, map[Parameter]float64{LearningRate: .5, BatchSize: 1.5}
	default:
		return nil
	}
	return []Signal{signal}
}

// rejections ask for other games, and for more of them.
func rejections(e Evidence) []Signal {
	length, promoted := e.streak()
	if length == 0 || promoted {
		return nil
	}
	return []Signal{{
		Name: "rejections", Class: Plateau, At: e.Decisions[0].At, Text: turnedDown(length),
		Factors:    map[Parameter]float64{Exploration: 1 + .2*float64(length)},
		ExtraGames: int64(failedGames * (1 + .5*float64(length-1))),
	}}
}

func turnedDown(candidates int) string {
	if candidates == 1 {
		return "the last candidate was turned down"
	}
	return fmt.Sprintf("%d candidates in a row were turned down", candidates)
}

// slope is about how fast the canonical models become stronger.
func slope(e Evidence) []Signal {
	velocity, known := velocity(e)
	if !known {
		return nil
	}
	signal := Signal{Name: "slope", Text: fmt.Sprintf("the rating rises by %.0f Elo an hour", velocity), At: latest(e)}
	switch {
	case velocity > fast:
		signal.Class, signal.Factors = Growth, map[Parameter]float64{Intensity: 1.2}
	case velocity < stallSlope:
		signal.Class, signal.Factors = Plateau, map[Parameter]float64{Exploration: 1.2, SearchBudget: 1.5}
	case velocity < flatSlope:
		signal.Class, signal.Factors = Plateau, map[Parameter]float64{Exploration: 1.2, SearchBudget: 1.25}
	default:
		return nil
	}
	return []Signal{signal}
}

// latest is when there was something new about the ratings.
func latest(e Evidence) (at time.Time) {
	for _, point := range e.Curve {
		if point.At.After(at) {
			at = point.At
		}
	}
	if len(e.Decisions) > 0 && e.Decisions[0].At.After(at) {
		at = e.Decisions[0].At
	}
	return at
}
