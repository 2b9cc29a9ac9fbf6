package model

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload/mini/game"
)

// Format is the first field of every model file.
const Format = "mini-model-1"

// MaxBytes bounds a model file; the largest that mini writes has some 10 KB.
const MaxBytes = 1 << 20

// Encode returns the model's file. Equal models have equal files.
func (m *Model) Encode() ([]byte, error) {
	if !m.Finite() {
		return nil, ErrNotFinite
	}
	data, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, fmt.Errorf("encode model: %w", err)
	}
	return append(data, '\n'), nil
}

// Decode reads a model's file and checks that it fits the rules it names.
func Decode(data []byte) (*Model, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var m Model
	if err := decoder.Decode(&m); err != nil {
		return nil, fmt.Errorf("decode model: %w", err)
	}
	return &m, m.check()
}

func (m *Model) check() error {
	if m.Format != Format {
		return fmt.Errorf("model has format %q, want %q", m.Format, Format)
	}
	rules, err := game.Lookup(m.ConfigKey)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if m.RulesHash != rules.Hash() {
		return fmt.Errorf("model is for other rules of %s: it has %.16s, this build %.16s", m.ConfigKey, m.RulesHash, rules.Hash())
	}
	patterns, err := NewPatterns(rules, m.Architecture)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	if rows := patterns.Rows(); len(m.Policy) != rows || len(m.Value) != rows {
		return fmt.Errorf("model has %d policy and %d value weights, want %d of each", len(m.Policy), len(m.Value), rows)
	}
	return nil
}
