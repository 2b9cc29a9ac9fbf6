package feedback_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/rating"
)

const config = "sq5_2p"

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// hour has a half-life of one hour.
func hour() feedback.Policy {
	policy := feedback.DefaultPolicy()
	policy.HalfLife, policy.Curriculum.HalfLife = time.Hour, time.Hour
	return policy
}

func decision(at time.Time, promoted bool, gain float64) feedback.Decision {
	return feedback.Decision{At: at, Promoted: promoted, Gain: &gain}
}

func proposal(t *testing.T, at time.Time, payload bus.Payload) feedback.Proposal {
	t.Helper()
	require.NoError(t, payload.Validate())
	text, err := json.Marshal(payload)
	require.NoError(t, err)
	return feedback.Proposal{ID: string(payload.EventName()) + at.String(), Name: payload.EventName(), Source: "TEST", At: at, Payload: text}
}

func about(evidence string) bus.Proposal {
	return bus.Proposal{Config: bus.ConfigOf(config), Reason: "because of " + evidence, Evidence: evidence}
}

// with is the neutral plan but for what a test says.
func with(change func(*feedback.Values)) feedback.Values {
	values := feedback.Neutral()
	change(&values)
	return values
}

// climb is a curve that rises by so much each hour.
func climb(elo float64) []rating.Point {
	return []rating.Point{
		{At: start.Add(-2 * time.Hour), Rating: 1000}, {At: start.Add(-time.Hour), Rating: 1000 + elo}, {At: start, Rating: 1000 + 2*elo},
	}
}

// What follows from each finding is what its table says, computed by hand.
func TestPlansFollowTheTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		evidence feedback.Evidence
		want     feedback.Values
	}{
		"nothing is known":        {feedback.Evidence{}, feedback.Neutral()},
		"a gain that is unknown":  {feedback.Evidence{Decisions: []feedback.Decision{{At: start, Promoted: true}}}, feedback.Neutral()},
		"an ordinary gain":        {feedback.Evidence{Decisions: []feedback.Decision{decision(start, true, 30)}}, feedback.Neutral()},
		"a great gain":            {feedback.Evidence{Decisions: []feedback.Decision{decision(start, true, 51)}}, with(func(v *feedback.Values) { v.Epochs = 1.5 })},
		"hardly a gain":           {feedback.Evidence{Decisions: []feedback.Decision{decision(start, true, 9)}}, with(func(v *feedback.Values) { v.LearningRate, v.BatchSize = .5, 1.5 })},
		"a loss":                  {feedback.Evidence{Decisions: []feedback.Decision{decision(start, true, -31)}}, with(func(v *feedback.Values) { v.LearningRate = .2 })},
		"a rejection":             {feedback.Evidence{Decisions: []feedback.Decision{decision(start, false, 20)}}, with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 1.2, 500 })},
		"three rejections":        {feedback.Evidence{Decisions: []feedback.Decision{decision(start, false, 20), decision(start, false, 0), decision(start, false, 0), decision(start, true, 0)}}, with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 1.6, 1000 })},
		"many rejections":         {feedback.Evidence{Decisions: repeated(9, decision(start, false, 20))}, with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 2, 2000 })},
		"games of poor quality":   {feedback.Evidence{Quality: &feedback.GameQuality{Share: .6, Games: 50, At: start}}, with(func(v *feedback.Values) { v.Intensity = .8 })},
		"games that are unusable": {feedback.Evidence{Quality: &feedback.GameQuality{Share: .4, Games: 50, At: start}}, with(func(v *feedback.Values) { v.Intensity = 0 })},
		"good games":              {feedback.Evidence{Quality: &feedback.GameQuality{Share: .99, Games: 50, At: start}}, feedback.Neutral()},
		"two diverged trainings":  {feedback.Evidence{Diverged: 2, DivergedAt: start}, with(func(v *feedback.Values) { v.LearningRate = .25 })},
		"a fast climb":            {feedback.Evidence{Curve: climb(51)}, with(func(v *feedback.Values) { v.Intensity = 1.2 })},
		"a steady climb":          {feedback.Evidence{Curve: climb(20)}, feedback.Neutral()},
		"a slow climb":            {feedback.Evidence{Curve: climb(9)}, with(func(v *feedback.Values) { v.Exploration, v.SearchBudget = 1.2, 1.25 })},
		"a stall":                 {feedback.Evidence{Curve: climb(1)}, with(func(v *feedback.Values) { v.Exploration, v.SearchBudget = 1.2, 1.5 })},
		"two canonical models":    {feedback.Evidence{Curve: climb(1)[:2]}, feedback.Neutral()},
	} {
		plan := feedback.Derive(test.evidence, hour(), start)
		require.InDeltaMapValues(t, numbers(t, test.want), numbers(t, plan.Values), 1e-9, name)
		require.NotEmpty(t, plan.Why(), name)
		require.Equal(t, test.want == feedback.Neutral(), plan.ExpiresAt.IsZero(), name)
	}
}

func repeated(count int, one feedback.Decision) (all []feedback.Decision) {
	for range count {
		all = append(all, one)
	}
	return all
}

func numbers(t *testing.T, values feedback.Values) map[string]float64 {
	t.Helper()
	text, err := json.Marshal(values)
	require.NoError(t, err)
	numbers := map[string]float64{}
	require.NoError(t, json.Unmarshal(text, &numbers))
	return numbers
}

// So do the proposals of others.
func TestProposalsFollowTheTable(t *testing.T) {
	t.Parallel()
	factor := func(value float64) *float64 { return &value }
	regression := func(severity string, consecutive int) bus.RegressionDetected {
		return bus.RegressionDetected{Proposal: about("e1"), Metric: "elo", Severity: severity, Consecutive: consecutive}
	}
	anomaly := func(run string, epoch int) bus.TrainingLossAnomaly {
		return bus.TrainingLossAnomaly{Proposal: about("e1"), RunID: run, Epoch: epoch}
	}
	for name, test := range map[string]struct {
		payloads []bus.Payload // the newest first
		want     feedback.Values
	}{
		"a parameter": {[]bus.Payload{bus.HyperparameterUpdated{Proposal: about("e1"), Parameter: "temperature", OldValue: 1, NewValue: .8}},
			with(func(v *feedback.Values) { v.Temperature = .8 })},
		"a parameter that no plan has": {[]bus.Payload{bus.HyperparameterUpdated{Proposal: about("e1"), Parameter: "quality_gate", OldValue: 1, NewValue: .8}}, feedback.Neutral()},
		"the intensity":                {[]bus.Payload{bus.HyperparameterUpdated{Proposal: about("e1"), Parameter: "intensity", OldValue: 1, NewValue: .8}}, feedback.Neutral()},
		"several parameters": {[]bus.Payload{bus.AdaptiveParamsChanged{Proposal: about("e1"), SearchBudgetMultiplier: factor(1.3), ExplorationBoost: factor(1.5)}},
			with(func(v *feedback.Values) { v.SearchBudget, v.Exploration = 1.3, 1.5 })},
		"more than allowed":         {[]bus.Payload{bus.AdaptiveParamsChanged{Proposal: about("e1"), LearningRateMultiplier: factor(100)}}, with(func(v *feedback.Values) { v.LearningRate = 2.5 })},
		"games":                     {[]bus.Payload{bus.SelfplayTargetUpdated{Proposal: about("e1"), ExtraGames: 700}}, with(func(v *feedback.Values) { v.ExtraGames = 700 })},
		"games that are due":        {[]bus.Payload{bus.SelfplayTargetUpdated{Proposal: about("e1"), ExtraGames: 700, ExpiresAt: start}}, feedback.Neutral()},
		"a minor regression":        {[]bus.Payload{regression("minor", 1)}, with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 1.5, 500 })},
		"a moderate one, the third": {[]bus.Payload{regression("moderate", 3)}, with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 1.9, 1050 })},
		"a critical one":            {[]bus.Payload{regression("critical", 1)}, with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 2, 1250 })},
		"a critical one, the third": {[]bus.Payload{regression("critical", 3)}, with(func(v *feedback.Values) { v.Intensity, v.Exploration, v.ExtraGames = 0, 2, 1550 })},
		"one that is over":          {[]bus.Payload{bus.RegressionCleared{Proposal: about("e2"), Metric: "elo"}, regression("critical", 1)}, feedback.Neutral()},
		"one that has come back": {[]bus.Payload{regression("minor", 1), bus.RegressionCleared{Proposal: about("e2"), Metric: "elo"}},
			with(func(v *feedback.Values) { v.Exploration, v.ExtraGames = 1.5, 500 })},
		"a plateau":         {[]bus.Payload{bus.PlateauDetected{Proposal: about("e1"), Metric: "elo"}}, with(func(v *feedback.Values) { v.Exploration, v.SearchBudget = 1.2, 1.25 })},
		"one of the loss":   {[]bus.Payload{bus.PlateauDetected{Proposal: about("e1"), Metric: "val_loss"}}, with(func(v *feedback.Values) { v.LearningRate = .5 })},
		"jumps at first":    {[]bus.Payload{anomaly("r1", 3), anomaly("r1", 2), anomaly("r1", 1), anomaly("r1", 0)}, feedback.Neutral()},
		"jumps later":       {[]bus.Payload{anomaly("r1", 15), anomaly("r1", 2)}, with(func(v *feedback.Values) { v.LearningRate = .5 })},
		"of another run":    {[]bus.Payload{anomaly("r2", 15), anomaly("r1", 16), anomaly("r1", 15)}, feedback.Neutral()},
		"one in the middle": {[]bus.Payload{anomaly("r1", 9), anomaly("r1", 8), anomaly("r1", 7)}, with(func(v *feedback.Values) { v.LearningRate = .5 })},
	} {
		var evidence feedback.Evidence
		for i, payload := range test.payloads {
			evidence.Proposals = append(evidence.Proposals, proposal(t, start.Add(-time.Duration(i)*time.Millisecond), payload))
		}
		plan := feedback.Derive(evidence, hour(), start)
		require.InDeltaMapValues(t, numbers(t, test.want), numbers(t, plan.Values), .001, name)
		if _, anomalous := test.payloads[0].(bus.TrainingLossAnomaly); !anomalous {
			slices.Reverse(evidence.Proposals)
			require.Equal(t, plan.Values, feedback.Derive(evidence, hour(), start).Values, "%s: it counts when, not in which order", name)
		}
	}
}

// A configuration whose candidates are turned down does not climb any more, however fast it did at first.
func TestAClimbEnds(t *testing.T) {
	t.Parallel()
	evidence := feedback.Evidence{Curve: climb(60)}
	for hours := range 10 {
		evidence.Decisions = append(evidence.Decisions, decision(start.Add(time.Duration(10-hours)*time.Hour), false, 20))
	}
	after := start.Add(10 * time.Hour)
	plan := feedback.Derive(evidence, hour(), after)
	require.Equal(t, 1.0, plan.Values.Intensity)
	require.Equal(t, 1.5, plan.Values.SearchBudget)
	require.Contains(t, plan.Why(), "the rating rises by 0 Elo an hour")

	evidence.Decisions = evidence.Decisions[9:] // but one: the climb still counts
	require.Equal(t, 1.0, feedback.Derive(evidence, hour(), start.Add(time.Hour)).Values.SearchBudget)
}

// Who only takes a finding back is no cause of a plan.
func TestNothingIsSaidOfWhatIsOver(t *testing.T) {
	t.Parallel()
	plan := feedback.Derive(feedback.Evidence{Proposals: []feedback.Proposal{
		proposal(t, start, bus.RegressionCleared{Proposal: about("e2"), Metric: "elo"}),
		proposal(t, start.Add(-time.Hour), bus.RegressionDetected{Proposal: about("e1"), Metric: "elo", Severity: "minor", Consecutive: 1}),
	}}, hour(), start)
	require.Equal(t, []string{"nothing was decided on yet: everything is as the settings say"}, plan.Why())
	require.Zero(t, plan.ExpiresAt)
}

// Of findings that contradict each other the graver one decides, and all are told.
func TestTheGraverFindingDecides(t *testing.T) {
	t.Parallel()
	plan := feedback.Derive(feedback.Evidence{
		Curve: climb(60), Decisions: []feedback.Decision{decision(start, true, -40)}, Diverged: 1, DivergedAt: start,
		Quality:   &feedback.GameQuality{Share: .4, Games: 50, At: start},
		Proposals: []feedback.Proposal{proposal(t, start, bus.HyperparameterUpdated{Proposal: about("e1"), Parameter: "learning_rate", OldValue: 1, NewValue: 2})},
	}, hour(), start)
	require.True(t, plan.Paused())
	require.InDelta(t, .1, plan.Values.LearningRate, 1e-9, "the loss and the divergence, both regressions; not what was merely proposed")
	overruled := map[string]bool{}
	for _, cause := range plan.Causes {
		overruled[cause.Name] = cause.Overruled
	}
	require.Equal(t, map[string]bool{"quality": false, "gain": false, "divergence": false, "slope": true, "proposed learning_rate": true}, overruled)
	require.Equal(t, start.Add(time.Hour), plan.ExpiresAt, "a pause ends by itself")
	plan.Version = "sq5_2p/000001"
	require.False(t, plan.At(start.Add(time.Hour)).Paused())
	require.Equal(t, []string{"what plan sq5_2p/000001 followed from has faded"}, plan.At(start.Add(time.Hour)).Why())
}

// Every finding fades by half-lives, and is gone after five.
func TestFindingsFade(t *testing.T) {
	t.Parallel()
	evidence := feedback.Evidence{Curve: climb(1)}
	exploration := func(after time.Duration) float64 {
		return feedback.Derive(evidence, hour(), start.Add(after)).Values.Exploration
	}
	require.InDelta(t, 1.2, exploration(0), 1e-9)
	require.InDelta(t, 1.0954, exploration(time.Hour), 1e-4, "the root of 1.2")
	require.InDelta(t, 1, exploration(2*time.Hour), .05)
	require.InDelta(t, 1, exploration(5*time.Hour), 1e-9)
	require.Equal(t, start.Add(5*time.Hour), feedback.Derive(evidence, hour(), start).ExpiresAt)
}
