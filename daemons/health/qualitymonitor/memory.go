package qualitymonitor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	// memoryKey is the checkpoint.
	memoryKey = "configs"
	// historyChecks are remembered of each configuration.
	historyChecks = 100
)

// memory is what outlives the process, by configuration.
type memory map[string]*past

// past is what is remembered of one configuration.
type past struct {
	// History has the means of the checks that found other games than the one before, the newest last.
	History []float64 `json:"history"`
	// Sample names the games of the last of them.
	Sample string `json:"sample"`
	// Told is the last that was told, nil if nothing was. What is Pending was kept and may have been told.
	Told    *told    `json:"told,omitempty"`
	Pending *pending `json:"pending,omitempty"`
}

// told is what somebody who follows the events knows.
type told struct {
	Sequence int64     `json:"sequence"`
	Score    float64   `json:"score"`
	State    string    `json:"state"`
	At       time.Time `json:"at"`
}

// pending is what is about to be told, as which events.
type pending struct {
	bus.QualityAssessment
	Warning float64   `json:"warning,omitempty"` // the limit that the score is below
	High    bool      `json:"high,omitempty"`
	At      time.Time `json:"at"`
}

// recall reads the memory once.
func (m *monitor) recall(ctx context.Context) error {
	if m.memory != nil {
		return nil
	}
	text, found, err := m.rt.Bus.Load(ctx, memoryKey)
	if err != nil {
		return err
	}
	recalled := memory{}
	if found {
		if err := json.Unmarshal(text, &recalled); err != nil {
			return fmt.Errorf("read the checkpoint of %s: %w", Type, err)
		}
	}
	m.memory = recalled
	return nil
}

func (m *monitor) save(ctx context.Context) error {
	text, err := json.Marshal(m.memory)
	if err != nil {
		return fmt.Errorf("encode the checkpoint of %s: %w", Type, err)
	}
	return m.rt.Bus.Save(ctx, memoryKey, text)
}

// of is what is remembered of a configuration.
func (m memory) of(configKey string) *past {
	if m[configKey] == nil {
		m[configKey] = &past{}
	}
	return m[configKey]
}

// before are the means of the checks before that of a sample.
func (p *past) before(sample string) []float64 {
	if p.Sample == sample && len(p.History) > 0 {
		return p.History[:len(p.History)-1]
	}
	return p.History
}

// add notes a check, unless it found the games of the one before.
func (p *past) add(sample string, mean float64) (added bool) {
	if p.Sample == sample {
		return false
	}
	p.History = append(p.History, mean)
	p.History = p.History[max(0, len(p.History)-historyChecks):]
	p.Sample = sample
	return true
}

// name tells samples apart.
func (s sample) name() string {
	digest := sha256.New()
	for _, one := range s.games {
		fmt.Fprintf(digest, "%q %v\n", one.id, *one.score)
	}
	return hex.EncodeToString(digest.Sum(nil)[:8])
}
