package feedback

import (
	"math"
	"slices"
	"time"
)

type bound struct{ low, high float64 }

// bounds are what a parameter may be multiplied by; zero is none of it, but for a pause.
func bounds(policy Policy) map[Parameter]bound {
	return map[Parameter]bound{
		Intensity: {.5, 2}, Epochs: {.25, 4}, LearningRate: {.05, 2.5}, BatchSize: {.5, 4},
		SearchBudget: {.5, 4}, Exploration: {1, policy.MaxExploration}, Temperature: {.25, 2},
	}
}

// Derive returns the plan that follows from what is known of a configuration, at a moment. It has no number yet.
func Derive(evidence Evidence, policy Policy, now time.Time) Plan {
	plan := Plan{ConfigKey: evidence.ConfigKey, Values: Neutral(), MadeAt: now, Causes: []Cause{}, Settings: policy.Version}
	live := living(Signals(evidence, policy), policy, now)
	took := map[string]bool{}
	for parameter, allowed := range bounds(policy) {
		*plan.Values.of(parameter) = merge(live, parameter, allowed, policy, now, took)
	}
	plan.Values.ExtraGames = extra(live, policy, now, took)
	for _, one := range live {
		plan.Causes = append(plan.Causes, Cause{Name: one.Name, Class: one.Class.String(), Text: one.Text, Overruled: !took[one.Name]})
	}
	if len(live) == 0 {
		plan.Causes = append(plan.Causes, calm(evidence))
	}
	plan.ExpiresAt = expiry(live, policy, plan.Paused(), took)
	return plan
}

// calm is why a plan changes nothing.
func calm(evidence Evidence) Cause {
	if len(evidence.Decisions) == 0 {
		return Cause{Name: "bootstrap", Class: Growth.String(), Text: "nothing was decided on yet: everything is as the settings say"}
	}
	return Cause{Name: "neutral", Class: Growth.String(), Text: "nothing asks for anything else than the settings say"}
}

// expiry is when the last of the signals that a plan follows from has faded; that of a plan which pauses, when the
// first pause ends.
func expiry(live []Signal, policy Policy, paused bool, took map[string]bool) (at time.Time) {
	for _, one := range live {
		factor, says := one.Factors[Intensity]
		pauses := says && factor == 0
		end := one.ends(policy.HalfLife)
		switch {
		case !took[one.Name] || paused && !pauses:
		case at.IsZero(), paused && end.Before(at), !paused && end.After(at):
			at = end
		}
	}
	return at
}

// living are the signals that have an effect, those that count most first. One that only ends an older one has none.
func living(signals []Signal, policy Policy, now time.Time) []Signal {
	live := slices.DeleteFunc(newest(signals), func(s Signal) bool { return s.asksNothing() || s.left(now, policy.HalfLife) == 0 })
	slices.SortStableFunc(live, func(a, b Signal) int { return int(b.Class - a.Class) })
	return live
}

// merge is the product of what the highest class that speaks of a parameter says, within its bounds. A pause is 0.
func merge(live []Signal, parameter Parameter, allowed bound, policy Policy, now time.Time, took map[string]bool) float64 {
	product, class := 1.0, Class(-1)
	for _, one := range live {
		factor, says := one.Factors[parameter]
		if !says || (class >= 0 && one.Class != class) {
			continue
		}
		class, took[one.Name] = one.Class, true
		product *= faded(factor, one.left(now, policy.HalfLife))
	}
	if product == 0 {
		return 0
	}
	return math.Min(math.Max(product, allowed.low), allowed.high)
}

// extra is the sum of the games that are asked for.
func extra(live []Signal, policy Policy, now time.Time, took map[string]bool) int64 {
	sum := 0.0
	for _, one := range live {
		if one.ExtraGames > 0 {
			took[one.Name] = true
			sum += float64(one.ExtraGames) * one.left(now, policy.HalfLife)
		}
	}
	return min(int64(math.Round(sum)), policy.MaxExtraGames)
}

// of is where a parameter's value is.
func (v *Values) of(parameter Parameter) *float64 {
	return map[Parameter]*float64{
		Intensity: &v.Intensity, Epochs: &v.Epochs, LearningRate: &v.LearningRate, BatchSize: &v.BatchSize,
		SearchBudget: &v.SearchBudget, Exploration: &v.Exploration, Temperature: &v.Temperature,
	}[parameter]
}
