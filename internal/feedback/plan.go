package feedback

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Values are the parameters of a plan, each a multiple of what the settings say: 1 is as set.
type Values struct {
	// Intensity multiplies the epochs beside Epochs; 0: no training begins.
	Intensity    float64 `json:"intensity"`
	Epochs       float64 `json:"epochs"`
	LearningRate float64 `json:"learning_rate"`
	BatchSize    float64 `json:"batch_size"`
	SearchBudget float64 `json:"search_budget"` // of self-play
	Exploration  float64 `json:"exploration"`   // of self-play, 1 or more
	Temperature  float64 `json:"temperature"`   // of self-play
	// ExtraGames are beyond the configuration's share.
	ExtraGames int64 `json:"extra_games"`
}

// Neutral are the values of a plan that changes nothing: where every configuration begins.
func Neutral() Values {
	return Values{Intensity: 1, Epochs: 1, LearningRate: 1, BatchSize: 1, SearchBudget: 1, Exploration: 1, Temperature: 1}
}

// Plan is how a configuration is trained and played until there is another one.
type Plan struct {
	Version   string    `json:"plan_version"` // <config key>/<number>; empty: nobody has made one
	ConfigKey string    `json:"config_key"`
	Number    int64     `json:"number"` // 1 for the first of the configuration
	Values    Values    `json:"values"`
	MadeAt    time.Time `json:"made_at"`
	// ExpiresAt is when the plan is neutral if no other one has come; zero: it is neutral now.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Causes    []Cause   `json:"causes"`
	Settings  string    `json:"settings"` // version of the thresholds that it was made by
}

// Cause is one thing that a plan follows from.
type Cause struct {
	Name  string `json:"name"`
	Class string `json:"class"`
	Text  string `json:"text"`
	// Overruled says that others which count more have decided all that it is about.
	Overruled bool `json:"overruled,omitempty"`
}

func (c Cause) String() string {
	if c.Overruled {
		return c.Text + " (overruled)"
	}
	return c.Text
}

// Paused says whether the plan lets no training begin.
func (p Plan) Paused() bool { return p.Values.Intensity == 0 }

// At is the plan as it holds at a moment: one that has expired is neutral.
func (p Plan) At(now time.Time) Plan {
	switch {
	case p.Version == "":
		p.Values = Neutral()
	case !p.ExpiresAt.IsZero() && !now.Before(p.ExpiresAt):
		p.Values, p.Causes = Neutral(), []Cause{{Name: "faded", Class: Growth.String(), Text: "what plan " + p.Version + " followed from has faded"}}
	}
	return p
}

// Why are the causes as texts.
func (p Plan) Why() []string {
	texts := []string{}
	for _, cause := range p.Causes {
		texts = append(texts, cause.String())
	}
	return texts
}

// differs says whether values are so far from others that they are worth another plan: a parameter by more than a share
// of itself, games by more than that share of the most there may be, or because one of the two holds the training.
func (v Values) differs(other Values, policy Policy) bool {
	if (v.Intensity == 0) != (other.Intensity == 0) {
		return true
	}
	a, b := v.factors(), other.factors()
	for i := range a {
		if math.Abs(a[i]-b[i]) > policy.MinChange*math.Max(a[i], b[i]) {
			return true
		}
	}
	return math.Abs(float64(v.ExtraGames-other.ExtraGames)) > policy.MinChange*float64(policy.MaxExtraGames)
}

func (v Values) factors() []float64 {
	return []float64{v.Intensity, v.Epochs, v.LearningRate, v.BatchSize, v.SearchBudget, v.Exploration, v.Temperature}
}

// String is what the values change, for people.
func (v Values) String() string {
	if v.Intensity == 0 {
		return "paused"
	}
	var texts []string
	for i, name := range []Parameter{Intensity, Epochs, LearningRate, BatchSize, SearchBudget, Exploration, Temperature} {
		if factor := v.factors()[i]; factor != 1 {
			texts = append(texts, fmt.Sprintf("%s ×%.2f", strings.ReplaceAll(string(name), "_", " "), factor))
		}
	}
	if v.ExtraGames > 0 {
		texts = append(texts, fmt.Sprintf("%d games more", v.ExtraGames))
	}
	if len(texts) == 0 {
		return "as set"
	}
	return strings.Join(texts, ", ")
}

func versionOf(configKey string, number int64) string {
	return fmt.Sprintf("%s/%06d", configKey, number) // sorts as text as the numbers do
}
