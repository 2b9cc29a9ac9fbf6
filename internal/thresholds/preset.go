package thresholds

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The presets. A folder without a file of thresholds has Fast.
const (
	Fast     = "fast"     // seconds for a generation: demonstrations and tests, with the built-in workload
	Standard = "standard" // a real cluster
)

// Presets lists the presets' names.
func Presets() []string { return []string{Fast, Standard} }

// Preset returns the values of a preset, or an error that names those there are.
func Preset(name string) (Thresholds, error) {
	var t Thresholds
	if !slices.Contains(Presets(), name) {
		return t, fmt.Errorf("preset is %.64q: choose %s", name, strings.Join(Presets(), " or "))
	}
	var err error
	for _, f := range t.tree().all() {
		if fault := f.set(f.preset(name)); fault != nil {
			err = errors.Join(err, fmt.Errorf("preset %s: %s = %q: %w", name, f.key, f.preset(name), fault))
		}
	}
	return t, err
}
