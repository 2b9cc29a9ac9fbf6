package feedback_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/rating"
)

func known(key string, decisions ...feedback.Decision) feedback.Evidence {
	return feedback.Evidence{ConfigKey: key, Decisions: decisions}
}

// weights are those that follow from evidence without any before.
func weights(all ...feedback.Evidence) map[string]float64 {
	return feedback.Weigh(all, feedback.Weights{}, hour(), start).Values
}

// A weight is the product of what moves it, computed by hand.
func TestWeightsFollowTheTable(t *testing.T) {
	t.Parallel()
	drop := func(elo float64) *float64 { return &elo }
	regression := func(elo *float64) feedback.Proposal {
		return proposal(t, start, bus.RegressionDetected{Proposal: about("e1"), Metric: "elo", Severity: "severe", EloDrop: elo})
	}
	anomaly := func(epoch int) feedback.Proposal {
		return proposal(t, start, bus.TrainingLossAnomaly{Proposal: about("e1"), RunID: "r1", Epoch: epoch})
	}
	twice := []feedback.Decision{decision(start, true, 40), decision(start, true, 40)}
	for name, test := range map[string]struct {
		evidence feedback.Evidence
		want     float64
	}{
		"nothing is known":             {feedback.Evidence{}, 1},
		"a promotion":                  {feedback.Evidence{Decisions: twice[:1]}, 1},
		"two in a row":                 {feedback.Evidence{Decisions: twice}, 1.3},
		"two rejections":               {feedback.Evidence{Decisions: []feedback.Decision{decision(start, false, 0), decision(start, false, 0)}}, 1.4},
		"a climb":                      {feedback.Evidence{Curve: climb(11)}, 1.2},
		"a steep climb":                {feedback.Evidence{Curve: climb(21)}, 1.35},
		"a slow one":                   {feedback.Evidence{Curve: climb(9)}, 1},
		"a regression of unknown size": {feedback.Evidence{Proposals: []feedback.Proposal{regression(nil)}}, .7},
		"a regression":                 {feedback.Evidence{Proposals: []feedback.Proposal{regression(drop(75))}}, .55},
		"the worst regression":         {feedback.Evidence{Proposals: []feedback.Proposal{regression(drop(500))}}, .4},
		"two anomalies":                {feedback.Evidence{Proposals: []feedback.Proposal{anomaly(1), anomaly(0)}}, .75},
		"two promotions and a regression": {
			feedback.Evidence{Decisions: twice, Proposals: []feedback.Proposal{regression(drop(75))}}, 1.3 * .55,
		},
		"many rejections in a steep climb": {feedback.Evidence{Decisions: repeated(9, decision(start, false, 0)), Curve: climb(30)}, 2.5},
	} {
		test.evidence.ConfigKey = config
		require.InDelta(t, test.want, weights(test.evidence)[config], 1e-9, name)
	}
}

// What one configuration has gained helps its relatives, the nearer ones more.
func TestRelativesGainToo(t *testing.T) {
	t.Parallel()
	gained := known("hex8_2p", decision(start, true, 40), decision(start, true, 40))
	gained.Curve = []rating.Point{{At: start, Rating: 1600}}
	weak, strong := known("square8_2p"), known("square19_2p")
	weak.Curve, strong.Curve = []rating.Point{{At: start, Rating: 1550}}, []rating.Point{{At: start, Rating: 1551}}
	require.InDeltaMapValues(t, map[string]float64{
		"hex8_2p": 1.3, "hexagonal_2p": 1.16, "hex8_3p": 1.12, "square8_2p": 1.08, "square19_2p": 1, "square8_3p": 1,
	}, weights(gained, known("hexagonal_2p"), known("hex8_3p"), weak, strong, known("square8_3p")), 1e-9)
}

// A weight comes half of the way back within a half-life; and what is too small to matter changes nothing.
func TestWeightsComeBack(t *testing.T) {
	t.Parallel()
	all := []feedback.Evidence{known(config, repeated(3, decision(start, false, 0))...), known("hex3_2p")}
	first := feedback.Weigh(all, feedback.Weights{}, hour(), start)
	require.Equal(t, []string{config, "hex3_2p"}, first.Changed)
	require.InDelta(t, 1.6, first.Of(config, start), 1e-9)
	same := feedback.Weigh(all, first, hour(), start.Add(time.Minute))
	require.Empty(t, same.Changed)
	half := feedback.Weigh(all, first, hour(), start.Add(time.Hour))
	require.Equal(t, []string{config}, half.Changed)
	require.InDelta(t, math.Sqrt(1.6), half.Of(config, start.Add(time.Hour)), 1e-9)
	require.InDelta(t, 1, half.Of(config, start.Add(5*time.Hour)), 1e-9, "whoever weighs may be gone")
	require.InDelta(t, 1, half.Of("unknown_2p", start), 1e-9)
	require.Equal(t, []string{config}, feedback.Weigh(all[1:], first, hour(), start).Changed, "nobody trains it any more")
}
