package metricsanalysis

import (
	"fmt"
	"math"

	"github.com/ringrift/orchestrator/internal/bus"
)

// trendMargin is the share of the current loss by which it must change in a point for a trend.
const trendMargin = .001

// news are the events of a change, the same whoever tells them. A regression or a plateau of another run is another one.
func (c change) news(configKey string) []bus.Payload {
	var all []bus.Payload
	about := func(evidence string) bus.Proposal {
		return bus.Proposal{Config: bus.ConfigOf(configKey), Reason: c.text(), Evidence: evidence}
	}
	another := c.Before.Subject != c.Now.Subject
	if another && c.Metric == "train_loss" {
		all = append(all, c.trend(configKey))
	}
	switch {
	case c.Now.Regression != "" && (another || c.Now.Regression != c.Before.Regression):
		all = append(all, c.regression(about(c.key)))
	case c.Now.Regression == "" && c.Before.Regression != "":
		all = append(all, bus.RegressionCleared{Proposal: about(c.key), Metric: c.Metric})
	}
	if c.Now.Plateau && (another || !c.Before.Plateau) {
		all = append(all, bus.PlateauDetected{
			Proposal: about(c.key), Metric: c.Metric, Current: c.Reading.Current, Best: c.Reading.Best, PointsSinceImprovement: c.Reading.SinceBest,
		})
	}
	for _, one := range c.Reading.Odd {
		all = append(all, c.anomaly(configKey, one, about(fmt.Sprintf("%s %d", c.key, one.Step))))
	}
	return all
}

func (c change) regression(proposal bus.Proposal) bus.Payload {
	found := bus.RegressionDetected{Proposal: proposal, Metric: c.Metric, Severity: c.Now.Regression}
	if c.Metric == ratingMetric {
		drop := c.Reading.Best - c.Reading.Current
		found.CurrentElo, found.BaselineElo, found.EloDrop = &c.Reading.Current, &c.Reading.Best, &drop
	}
	return found
}

func (c change) anomaly(configKey string, one odd, proposal bus.Proposal) bus.Payload {
	if isLoss(c.Metric) && one.Mean != 0 {
		proposal.Reason = fmt.Sprintf("%s of run %s was %.4g in epoch %d, %.4g before", c.Metric, c.Now.Subject, one.Value, one.Step, one.Mean)
		return bus.TrainingLossAnomaly{
			Proposal: proposal, RunID: c.Now.Subject, Epoch: int(one.Step), CurrentLoss: one.Value, AverageLoss: one.Mean, AnomalyRatio: one.Value / one.Mean,
		}
	}
	return bus.MetricAnomaly{
		Config: bus.ConfigOf(configKey), Metric: c.Metric, Subject: c.Now.Subject, Step: one.Step,
		Value: one.Value, Mean: one.Mean, StandardDeviation: one.Std, Z: one.Z,
	}
}

// trend is how a run's loss went in its last epochs.
func (c change) trend(configKey string) bus.Payload {
	trend := "flat"
	if share := trendMargin * math.Abs(c.Reading.Current); math.Abs(c.Reading.Slope) > share {
		trend = "worsening"
		if c.Reading.Slope < 0 {
			trend = "improving"
		}
	}
	return bus.TrainingLossTrend{
		Config: bus.ConfigOf(configKey), RunID: c.Now.Subject, Metric: c.Metric, Trend: trend, ImprovementRate: -c.Reading.Slope, Epochs: c.Reading.Points,
	}
}
