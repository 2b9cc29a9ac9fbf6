package feedback

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/rating"
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

// Weights are how much attention each configuration gets beside the others; 1 is neutral.
type Weights struct {
	Version  int64                `json:"version"` // 1 for the first
	Values   map[string]float64   `json:"weights"` // by config key
	Previous map[string]float64   `json:"previous_weights"`
	Changed  []string             `json:"changed_configs"`
	Causes   map[string][]Cause   `json:"causes"`
	MadeAt   time.Time            `json:"made_at"`
	Settings string               `json:"settings"` // version of the thresholds
	Ends     map[string]time.Time `json:"ends"`     // when a weight is 1 if there are no other ones
}

// Of is the weight of a configuration at a moment: 1 if nobody says otherwise, or nobody has for long.
func (w Weights) Of(configKey string, now time.Time) float64 {
	value, found := w.Values[configKey]
	if ends := w.Ends[configKey]; !found || (!ends.IsZero() && !now.Before(ends)) {
		return 1
	}
	return value
}

// pull is one thing that moves a weight: newest per name, they multiply.
type pull struct {
	name, text string
	factor     float64
	at         time.Time
}

// Why is what has moved the weights that have changed.
func (w Weights) Why() []string {
	texts := []string{}
	for _, key := range w.Changed {
		text := "back to 1"
		for i, cause := range w.Causes[key] {
			if i == 0 {
				text = cause.Text
			} else {
				text += ", " + cause.Text
			}
		}
		texts = append(texts, fmt.Sprintf("%s %.2f: %s", key, w.Values[key], text))
	}
	return texts
}

// Weigh returns the weights that follow from what is known of all configurations, at a moment. Those whose change is too
// small to be applied stay what they were.
func Weigh(all []Evidence, before Weights, policy Policy, now time.Time) Weights {
	weights := Weights{
		Values: map[string]float64{}, Previous: before.Values, Causes: map[string][]Cause{}, Ends: map[string]time.Time{},
		MadeAt: now, Settings: policy.Version, Changed: []string{},
	}
	for _, one := range all {
		key := one.ConfigKey
		value, causes, ends := weigh(append(pulls(one), inherited(one, all)...), policy.Curriculum, now)
		old, known := before.Values[key]
		if known && math.Abs(value-before.Of(key, now)) <= policy.Curriculum.MinChange {
			weights.Values[key], weights.Causes[key], weights.Ends[key] = old, before.Causes[key], before.Ends[key]
			continue
		}
		weights.Values[key], weights.Causes[key], weights.Ends[key] = value, causes, ends
		weights.Changed = append(weights.Changed, key)
	}
	for _, key := range slices.Sorted(maps.Keys(before.Values)) {
		if _, kept := weights.Values[key]; !kept {
			weights.Changed = append(weights.Changed, key) // nobody trains it any more
		}
	}
	return weights
}

// weigh is the product of the pulls, each as far as it has not faded, within the bounds.
func weigh(pulls []pull, policy Curriculum, now time.Time) (weight float64, causes []Cause, ends time.Time) {
	logarithm := 0.0
	causes = []Cause{}
	for _, one := range latestPulls(pulls) {
		signal := Signal{At: one.at}
		left := signal.left(now, policy.HalfLife)
		if left == 0 || one.factor <= 0 {
			continue
		}
		logarithm += math.Log(one.factor) * left
		causes = append(causes, Cause{Name: one.name, Class: "curriculum", Text: one.text})
		if end := signal.ends(policy.HalfLife); end.After(ends) {
			ends = end
		}
	}
	return math.Min(math.Max(math.Exp(logarithm), policy.MinWeight), policy.MaxWeight), causes, ends
}

func latestPulls(pulls []pull) (kept []pull) {
	at := map[string]int{}
	for _, one := range pulls {
		i, found := at[one.name]
		switch {
		case !found:
			at[one.name] = len(kept)
			kept = append(kept, one)
		case one.at.After(kept[i].at):
			kept[i] = one
		}
	}
	return kept
}

// pulls are what a configuration's own results do to its weight.
func pulls(e Evidence) (all []pull) {
	if one, found := advancement(e); found {
		all = append(all, one)
	}
	if length, promoted := e.streak(); length > 0 && !promoted {
		all = append(all, pull{"rejections", fmt.Sprintf("%d candidates in a row were turned down", length), 1 + failedWeight*float64(length), e.Decisions[0].At})
	}
	if velocity, known := rating.Velocity(e.Curve); known && velocity > fastSlope {
		factor := fastWeight
		if velocity > fasterSlope {
			factor = faster
		}
		all = append(all, pull{"slope", fmt.Sprintf("its rating rises by %.1f Elo an hour", velocity), factor, latest(e)})
	}
	return append(all, proposedPulls(e.Proposals)...)
}

// advancement is what a configuration has gained that was promoted several times in a row.
func advancement(e Evidence) (pull, bool) {
	length, promoted := e.streak()
	if !promoted || length < advancedAfter {
		return pull{}, false
	}
	return pull{"advancement", fmt.Sprintf("%d promotions in a row", length), advanced, e.Decisions[0].At}, true
}

// proposedPulls are what others have found: a regression until it is cleared, and losses off their course.
func proposedPulls(proposals []Proposal) (all []pull) {
	for _, one := range proposals {
		switch one.Name {
		case "REGRESSION_DETECTED":
			read(one, func(r bus.RegressionDetected) []Signal {
				drop := 0.0
				if r.EloDrop != nil {
					drop = math.Min(math.Max(*r.EloDrop, 0), worstDrop)
				}
				all = append(all, pull{"regression of " + r.Metric, r.Reason, .70 - .30*drop/worstDrop, one.At})
				return nil
			})
		case "REGRESSION_CLEARED":
			read(one, func(c bus.RegressionCleared) []Signal {
				all = append(all, pull{"regression of " + c.Metric, c.Reason, 1, one.At})
				return nil
			})
		}
	}
	if last, count := newestRun(proposals); count > 0 {
		factor := []float64{.85, .75, .60}[min(count, 3)-1]
		all = append(all, pull{"loss anomalies", fmt.Sprintf("the loss of run %s was off its course %d times", last.RunID, count), factor, last.at})
	}
	return all
}
