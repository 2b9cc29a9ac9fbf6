package qualitymonitor

import (
	"context"
	"math"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/quality"
)

const (
	// steepDrop is told at once, whatever the cooldown.
	steepDrop = .15
	// high is the score from which games are worth much; after a state below good that is told.
	high = .8
)

// worthTelling says whether a standing differs so much from what was told last that it is told now.
func (p *past) worthTelling(now quality.Standing, settings Settings, at time.Time, asked bool) bool {
	switch {
	case now.Games == 0:
		return false
	case p.Told == nil:
		return true
	case now.State == p.Told.State && math.Abs(now.Mean-p.Told.Score) < settings.MinChange:
		return false
	}
	return asked || at.Sub(p.Told.At) >= settings.Cooldown || p.Told.Score-now.Mean >= steepDrop
}

// assess is what is to be told of a standing, after what was told last.
func (m *monitor) assess(configKey string, last *told, now quality.Standing, settings Settings, at time.Time) *pending {
	one := &pending{At: at, QualityAssessment: bus.QualityAssessment{
		Config: bus.ConfigOf(configKey), NodeID: m.rt.Node, Sequence: 1, QualityScore: now.Mean, GamesAssessed: now.Games,
		Variance: now.Variance, ConfidenceInterval: now.Interval, CredibilityWeight: now.Credibility(), Category: now.State, Trend: now.Trend,
	}}
	before := quality.Unknown
	if last != nil {
		one.Sequence, one.PreviousCategory, one.PreviousScore = last.Sequence+1, last.State, &last.Score
		before = last.State
	}
	if now.Mean < settings.Warning {
		one.Warning = settings.Warning
	}
	one.High = now.Mean >= high && before != quality.Good && before != quality.Excellent
	return one
}

// tell publishes what is pending of a configuration. It is kept before, so that a copy which is killed meanwhile does not
// tell it again as something else: told twice, it is one event.
func (m *monitor) tell(ctx context.Context, p *past) error {
	if err := m.save(ctx); err != nil {
		return err
	}
	planned := p.Pending
	payloads := []bus.Payload{bus.QualityScoreUpdated{QualityAssessment: planned.QualityAssessment}}
	if planned.Warning > 0 {
		payloads = append(payloads, bus.LowQualityDataWarning{QualityAssessment: planned.QualityAssessment, Threshold: planned.Warning})
	}
	if planned.High {
		payloads = append(payloads, bus.HighQualityDataAvailable{QualityAssessment: planned.QualityAssessment})
	}
	for _, payload := range payloads {
		if err := m.rt.Bus.Publish(ctx, payload); err != nil {
			return err
		}
	}
	p.Told = &told{Sequence: planned.Sequence, Score: planned.QualityScore, State: planned.Category, At: planned.At}
	p.Pending = nil
	return m.save(ctx)
}
