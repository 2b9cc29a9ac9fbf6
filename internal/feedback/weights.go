package feedback

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
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

// Why is what has moved the weights that have changed.
func (w Weights) Why() []string {
	texts := []string{}
	for _, key := range w.Changed {
		text := "nothing moves it"
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
func weigh(pulls []Signal, policy Curriculum, now time.Time) (weight float64, causes []Cause, ends time.Time) {
	weight, causes = 1, []Cause{}
	for _, one := range newest(pulls) {
		left := one.left(now, policy.HalfLife)
		if left == 0 || one.Factors[weightOf] == 1 {
			continue
		}
		weight *= faded(one.Factors[weightOf], left)
		causes = append(causes, Cause{Name: one.Name, Class: "curriculum", Text: one.Text})
		if end := one.ends(policy.HalfLife); end.After(ends) {
			ends = end
		}
	}
	return math.Min(math.Max(weight, policy.MinWeight), policy.MaxWeight), causes, ends
}
