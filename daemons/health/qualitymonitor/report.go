package qualitymonitor

import (
	"context"
	"strings"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/quality"
)

// answer tells those who asked about games that could not be judged.
func (m *monitor) answer(ctx context.Context, requests map[string]string, seen *round) error {
	for id, configKey := range requests {
		faults := seen.faults[configKey]
		if len(faults) == 0 {
			continue
		}
		failed := bus.QualityCheckFailed{Config: bus.ConfigOf(configKey), NodeID: m.rt.Node, RequestID: id, Reason: strings.Join(faults, "; ")}
		if known := m.memory.of(configKey).Told; known != nil {
			failed.LastQuality, failed.CurrentState = &known.Score, known.State
		}
		if err := m.rt.Bus.Publish(ctx, failed); err != nil {
			return err
		}
	}
	return nil
}

// report is the node's word for those who decide.
func (m *monitor) report(ctx context.Context, seen *round) error {
	text, err := quality.Report{Configs: seen.standings}.Encode()
	if err != nil {
		return err
	}
	return m.rt.Bus.Report(ctx, text)
}

func (m *monitor) standing(configKey string) (quality.Standing, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, found := m.last.standings[configKey]
	return known, found
}
