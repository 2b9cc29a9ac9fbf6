package feedback

import (
	"math"
	"time"
)

// Class is how much a signal counts: what a higher one says about a parameter, lower ones do not change.
type Class int

// The classes, from the one that counts least.
const (
	Growth Class = iota
	Plateau
	Quality
	Regression
	Safety
)

func (c Class) String() string {
	return [...]string{"growth", "plateau", "quality", "regression", "safety"}[min(max(c, Growth), Safety)]
}

// Parameter is one of a plan, by the name that events use.
type Parameter string

// The parameters.
const (
	Intensity    Parameter = "intensity"
	Epochs       Parameter = "epochs"
	LearningRate Parameter = "learning_rate"
	BatchSize    Parameter = "batch_size"
	SearchBudget Parameter = "search_budget"
	Exploration  Parameter = "exploration"
	Temperature  Parameter = "temperature"
)

// Signal is one thing that a plan follows from. Of those with the same name the newest counts.
type Signal struct {
	Name  string
	Class Class
	Text  string // why, for people
	At    time.Time
	// Factors multiply parameters. A pause is the factor 0 of Intensity.
	Factors map[Parameter]float64
	// ExtraGames are asked for beyond the configuration's share.
	ExtraGames int64
	// Until ends it before it has faded; zero: it fades.
	Until time.Time
}

const (
	// fades is after how many half-lives a signal has no effect any more.
	fades = 5
	// pauses is how many half-lives a pause lasts. Each ends by itself, or nothing new would ever be learnt.
	pauses = 1
)

// ends is when a signal has no effect any more.
func (s Signal) ends(halfLife time.Duration) time.Time {
	lives := fades
	if factor, says := s.Factors[Intensity]; says && factor == 0 {
		lives = pauses
	}
	end := s.At.Add(time.Duration(lives) * halfLife)
	if !s.Until.IsZero() && s.Until.Before(end) {
		return s.Until
	}
	return end
}

func (s Signal) asksNothing() bool { return len(s.Factors) == 0 && s.ExtraGames == 0 }

// left is the part of a signal's effect that is left.
func (s Signal) left(now time.Time, halfLife time.Duration) float64 {
	if !now.Before(s.ends(halfLife)) {
		return 0
	}
	return math.Exp2(-math.Max(0, now.Sub(s.At).Seconds()) / halfLife.Seconds())
}

// faded is a factor with a part of its effect: 1 if none is left. A pause does not fade.
func faded(factor, left float64) float64 {
	if factor == 0 {
		return 0
	}
	return math.Pow(factor, left)
}

// newest keeps of the signals with one name the one that came last, in the order of their names' first ones.
func newest(signals []Signal) []Signal {
	var kept []Signal
	at := map[string]int{}
	for _, one := range signals {
		i, found := at[one.Name]
		switch {
		case !found:
			at[one.Name] = len(kept)
			kept = append(kept, one)
		case one.At.After(kept[i].At):
			kept[i] = one
		}
	}
	return kept
}
