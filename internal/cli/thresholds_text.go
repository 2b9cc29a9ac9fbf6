package cli

import (
	"fmt"
	"io"

	"github.com/ringrift/orchestrator/internal/thresholds"
)

// thresholdsReport is what the commands of `config` print with -o json.
type thresholdsReport struct {
	Preset  string                   `json:"preset"` // this and the next are empty while the file is wrong
	Version string                   `json:"version"`
	Path    string                   `json:"path"` // empty if there is no file
	Changed int                      `json:"changed"`
	Keys    []thresholds.Explanation `json:"keys,omitempty"`
	Faults  []thresholds.Fault       `json:"faults,omitempty"`
}

func reportOf(now thresholds.Snapshot, keys []thresholds.Explanation) thresholdsReport {
	return thresholdsReport{Preset: now.Preset, Version: now.Version, Path: now.Path, Changed: len(now.Lines), Keys: keys}
}

// origin says in one line what is in force and why.
func (r thresholdsReport) origin() string {
	if r.Path == "" {
		return fmt.Sprintf("preset %s, version %s: there is no %s; `starter config init --preset %s` makes one for a real cluster",
			r.Preset, r.Version, thresholds.FileName, thresholds.Standard)
	}
	return fmt.Sprintf("preset %s and %s of %s, version %s", r.Preset, count(r.Changed, "value"), r.Path, r.Version)
}

// from says where the value of a key is from.
func (r thresholdsReport) from(key thresholds.Explanation) string {
	switch {
	case key.Value == "":
		return "unknown while the file is wrong"
	case key.Line > 0:
		return fmt.Sprintf("line %d", key.Line)
	}
	return "preset " + r.Preset
}

func writeThresholds(w io.Writer, report thresholdsReport) {
	row(w, "KEY", "VALUE", "FROM", "MEANING")
	for _, key := range report.Keys {
		row(w, key.Key, orDash(key.Value), report.from(key), key.Help)
	}
}

func writeThreshold(w io.Writer, report thresholdsReport, key thresholds.Explanation) {
	row(w, "KEY", key.Key)
	row(w, "MEANING", key.Help)
	row(w, "UNIT", key.Unit)
	row(w, "ALLOWED", key.Allowed)
	row(w, "FAST", key.Fast)
	row(w, "STANDARD", key.Standard)
	row(w, "NOW", orDash(key.Value)+" ("+report.from(key)+")")
	for _, rule := range key.Rules {
		row(w, "RULE", rule)
	}
}
