package bus

import (
	"errors"
	"fmt"
)

// MetricAnomaly says that a point of a curve, of other than losses, is far off its course.
type MetricAnomaly struct {
	Config
	Metric            string  `json:"metric"`
	Subject           string  `json:"subject"` // the run, or the configuration
	Step              int64   `json:"step"`
	Value             float64 `json:"value"`
	Mean              float64 `json:"mean"` // of the points before it
	StandardDeviation float64 `json:"std"`
	Z                 float64 `json:"z"`
}

// EventName implements Payload.
func (MetricAnomaly) EventName() Name { return "METRIC_ANOMALY" }

// Validate implements Payload.
func (m MetricAnomaly) Validate() error {
	return errors.Join(required("config_key", m.ConfigKey), required("metric", m.Metric), required("subject", m.Subject))
}

// FactKey implements Fact.
func (m MetricAnomaly) FactKey() string { return fmt.Sprintf("%s %s %d", m.Subject, m.Metric, m.Step) }

// TrainingLossTrend says how the loss of a training run went in its last epochs.
type TrainingLossTrend struct {
	Config
	RunID           string  `json:"run_id"`
	Metric          string  `json:"metric"`
	Trend           string  `json:"trend"`            // improving, flat or worsening
	ImprovementRate float64 `json:"improvement_rate"` // an epoch
	Epochs          int     `json:"epochs"`
}

// EventName implements Payload.
func (TrainingLossTrend) EventName() Name { return "TRAINING_LOSS_TREND" }

// Validate implements Payload.
func (t TrainingLossTrend) Validate() error {
	return errors.Join(required("config_key", t.ConfigKey), required("run_id", t.RunID), required("metric", t.Metric),
		oneOf("trend", t.Trend, "improving", "flat", "worsening"))
}

// FactKey implements Fact.
func (t TrainingLossTrend) FactKey() string { return t.RunID + " " + t.Metric }

// metricEntries are what the curves say beside proposals.
func metricEntries() []Entry {
	analysis, observers := []Party{"METRICS_ANALYSIS"}, []Party{Observers}
	return []Entry{
		entry[MetricAnomaly]("a point of a curve is far off its course", analysis, observers),
		entry[TrainingLossTrend]("how the loss of a training run went", analysis, observers),
	}
}
