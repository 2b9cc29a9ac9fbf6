package thresholds

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Snapshot is what is in force at one moment. It is shared: nobody changes it.
type Snapshot struct {
	Thresholds
	Preset  string
	Version string         // 12 hexadecimal digits, the same for the same values
	Path    string         // the file that it was read from; empty if there is none
	Lines   map[string]int // the keys that the file sets, and where
	// Fault is what is wrong with the file as it is now; the values are those of the last one that was right.
	Fault error
}

func snapshotOf(values Thresholds, preset string, lines map[string]int) (Snapshot, error) {
	document, err := json.Marshal(values.tree().document())
	if err != nil {
		return Snapshot{}, fmt.Errorf("write the thresholds as JSON: %w", err)
	}
	sum := sha256.Sum256(document)
	return Snapshot{Thresholds: values, Preset: preset, Version: hex.EncodeToString(sum[:6]), Lines: lines}, nil
}

// Record is what is stored with a decision: preset, version and every value, under the keys of the file.
func (s Snapshot) Record() (json.RawMessage, error) {
	record, err := json.Marshal(map[string]any{"preset": s.Preset, "version": s.Version, "values": s.tree().document()})
	if err != nil {
		return nil, fmt.Errorf("record thresholds %s: %w", s.Version, err)
	}
	return record, nil
}
