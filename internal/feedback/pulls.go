package feedback

import (
	"fmt"
	"math"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

// The figures of specs/03 5.2.
const (
	advanced      = 1.3 // after so many promotions in a row:
	advancedAfter = 2
	fastWeight    = 1.2  // above fastSlope Elo an hour
	faster        = 1.35 // above fasterSlope
	fastSlope     = 10
	fasterSlope   = 20
	failedWeight  = .2 // more for each candidate in a row that was turned down
	worstDrop     = 150
)

// weightOf is what a pull multiplies: the weight of a configuration.
const weightOf Parameter = "weight"

// pull is a signal that moves a weight.
func pull(name, text string, factor float64, at time.Time) Signal {
	return Signal{Name: name, Text: text, At: at, Factors: map[Parameter]float64{weightOf: factor}}
}

// pulls are what a configuration's own results do to its weight.
func pulls(e Evidence) (all []Signal) {
	if one, found := advancement(e); found {
		all = append(all, one)
	}
	if length, promoted := e.streak(); length > 0 && !promoted {
		all = append(all, pull("rejections", turnedDown(length), 1+failedWeight*float64(length), e.Decisions[0].At))
	}
	if velocity, known := velocity(e); known && velocity > fastSlope {
		factor := fastWeight
		if velocity > fasterSlope {
			factor = faster
		}
		all = append(all, pull("slope", fmt.Sprintf("its rating rises by %.0f Elo an hour", velocity), factor, latest(e)))
	}
	return append(all, proposedPulls(e.Proposals)...)
}

// advancement is what a configuration has gained that was promoted several times in a row.
func advancement(e Evidence) (Signal, bool) {
	length, promoted := e.streak()
	if !promoted || length < advancedAfter {
		return Signal{}, false
	}
	return pull("advancement", fmt.Sprintf("%d promotions in a row", length), advanced, e.Decisions[0].At), true
}

// proposedPulls are what others have found: a regression until it is cleared, and losses off their course.
func proposedPulls(proposals []Proposal) (all []Signal) {
	for _, one := range proposals {
		switch one.Name {
		case "REGRESSION_DETECTED":
			all = append(all, read(one, func(r bus.RegressionDetected) []Signal {
				drop := 0.0
				if r.EloDrop != nil {
					drop = math.Min(math.Max(*r.EloDrop, 0), worstDrop)
				}
				return []Signal{pull("regression of "+r.Metric, r.Reason, .70-.30*drop/worstDrop, one.At)}
			})...)
		case "REGRESSION_CLEARED":
			all = append(all, read(one, func(c bus.RegressionCleared) []Signal {
				return []Signal{pull("regression of "+c.Metric, c.Reason, 1, one.At)}
			})...)
		}
	}
	if last, count := newestRun(proposals); count > 0 {
		text := fmt.Sprintf("the loss of run %s was off its course %d times", last.RunID, count)
		all = append(all, pull("loss anomalies", text, []float64{.85, .75, .60}[min(count, 3)-1], last.at))
	}
	return all
}
