package training

import (
	"encoding/json"
	"fmt"
)

// State is a run between two blocks. Its JSON holds every number exactly.
type State struct {
	Format     string    `json:"format"`  // always StateFormat
	Purpose    string    `json:"purpose"` // of data, parent and settings; a state goes on with no other
	Epoch      int       `json:"epoch"`
	Block      int       `json:"block"` // blocks of the epoch that are done
	Policy     []float64 `json:"policy"`
	Value      []float64 `json:"value"`
	PolicySeen []float64 `json:"policy_seen"` // what the rate of each weight depends on
	ValueSeen  []float64 `json:"value_seen"`
	Best       Best      `json:"best"`
	Epochs     Loss      `json:"epoch_loss"` // of the epoch so far
	Start      Losses    `json:"start"`
	Last       Losses    `json:"last"`      // of the last epoch, those on the samples trained on as they were met
	Exhausted  bool      `json:"exhausted"` // early stopping has ended the run
}

// Best is the tables with the lowest holdout loss so far.
type Best struct {
	Policy []float64 `json:"policy"`
	Value  []float64 `json:"value"`
	Loss   float64   `json:"loss"`
	Epoch  int       `json:"epoch"`
}

// Losses are those on the samples trained on, and on the holdout if there is one.
type Losses struct {
	Train   Loss  `json:"train"`
	Holdout *Loss `json:"holdout,omitempty"`
}

// StateFormat is the first field of every checkpoint.
const StateFormat = "mini-training-1"

// MaxStateBytes bounds a checkpoint file.
const MaxStateBytes = 4 << 20

// Encode returns the checkpoint's file.
func (s *State) Encode() ([]byte, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint: %w", err)
	}
	return append(data, '\n'), nil
}

// Decode reads a checkpoint that was made for the same purpose and tables of the same size.
func Decode(data []byte, purpose string, rows int) (*State, error) {
	var s State
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("decode checkpoint: %w", err)
	}
	switch {
	case s.Format != StateFormat:
		return nil, fmt.Errorf("checkpoint has format %q, want %q", s.Format, StateFormat)
	case s.Purpose != purpose:
		return nil, fmt.Errorf("checkpoint is of another run: purpose %.16s, want %.16s", s.Purpose, purpose)
	}
	for _, table := range [][]float64{s.Policy, s.Value, s.PolicySeen, s.ValueSeen, s.Best.Policy, s.Best.Value} {
		if len(table) != rows {
			return nil, fmt.Errorf("checkpoint has a table of %d weights, want %d", len(table), rows)
		}
	}
	return &s, nil
}
