package workload

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// Bounds of a command's standard output.
const (
	// MaxLineBytes is the longest line, without its end.
	MaxLineBytes = 64 << 10
	// MaxPlainLines is how many lines may be plain text instead of JSON before the workload is flagged.
	MaxPlainLines = 100
	// BeatInterval is the longest time between two lines.
	BeatInterval = 10 * time.Second
)

// LineType says what a line is about.
type LineType string

// The types of lines.
const (
	LineBeat       LineType = "hb"
	LineProgress   LineType = "progress"
	LineArtifact   LineType = "artifact"   // a finished part, usable as partial result
	LineCheckpoint LineType = "checkpoint" // from here another attempt can go on
	LineMetric     LineType = "metric"
	LineWarn       LineType = "warn"
	LineInfo       LineType = "info"
)

// Line is one line of a command's standard output: one JSON object. Which fields count depends on T.
type Line struct {
	T LineType `json:"t"`
	// Progress.
	Done    float64            `json:"done,omitempty"`
	Total   float64            `json:"total,omitempty"` // 0: unknown
	Unit    string             `json:"unit,omitempty"`
	Rate    float64            `json:"rate,omitempty"` // units a second
	Metrics map[string]float64 `json:"metrics,omitempty"`
	// Artifact and checkpoint; Path is relative to output_dir.
	Role    Role   `json:"role,omitempty"`
	Path    string `json:"path,omitempty"`
	SHA256  string `json:"sha256,omitempty"`
	Records *int64 `json:"records,omitempty"`
	// Checkpoint and metric.
	Step int64 `json:"step,omitempty"`
	// Metric.
	Name  string  `json:"name,omitempty"`
	Value float64 `json:"value,omitempty"`
	// Warn and info.
	Message string `json:"msg,omitempty"`

	// Plain says that the line was not JSON; Message holds its text.
	Plain bool `json:"-"`
}

// ParseLine reads one line, given without its end. Text that is no JSON object becomes an info line that is
// Plain. An object of a type that the contract does not know is returned as it is, for the caller to ignore.
// A line of a known type that breaks its form is an error.
func ParseLine(raw []byte) (Line, error) {
	if len(raw) > MaxLineBytes {
		return Line{}, fmt.Errorf("a line has more than %d bytes", MaxLineBytes)
	}
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' || !json.Valid(raw) {
		return Line{T: LineInfo, Message: string(bytes.ToValidUTF8(raw, []byte("\uFFFD"))), Plain: true}, nil
	}
	var kind struct {
		T LineType `json:"t"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return Line{}, fmt.Errorf("read the type of a line: %w", err)
	}
	if !kind.T.Known() {
		return Line{T: kind.T}, nil
	}
	var line Line
	if err := json.Unmarshal(raw, &line); err != nil {
		return Line{}, fmt.Errorf("read a line of type %s: %w", kind.T, err)
	}
	return line, line.check()
}

// Known says whether the contract has the type.
func (t LineType) Known() bool {
	return slices.Contains([]LineType{LineBeat, LineProgress, LineArtifact, LineCheckpoint, LineMetric, LineWarn, LineInfo}, t)
}

func (l Line) check() error {
	p := &Problems{Document: fmt.Sprintf("a line of type %s", l.T)}
	switch l.T {
	case LineProgress:
		p.require(l.Done >= 0, "done", l.Done, "use 0 or more")
		p.require(l.Total == 0 || l.Done <= l.Total, "total", l.Total, "use at least done, or 0 if unknown")
	case LineArtifact, LineCheckpoint:
		p.require(filepath.IsLocal(filepath.FromSlash(l.Path)), "path", l.Path, "use a path relative to output_dir that stays inside it")
		p.require(hashText.MatchString(l.SHA256), "sha256", l.SHA256, "use 64 lower-case hexadecimal digits")
		p.require(l.T == LineCheckpoint || slices.Contains(Roles(), l.Role), "role", l.Role, "use one of %v", Roles())
	case LineMetric:
		p.require(l.Name != "", "name", l.Name, "name the metric")
	case LineWarn, LineInfo:
		p.require(l.Message != "", "msg", l.Message, "say something")
	}
	return p.err()
}
