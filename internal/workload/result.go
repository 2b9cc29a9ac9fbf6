package workload

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
)

// ResultFile is the name of the result, beside the request. It is written last of all, to another name first
// and then renamed.
const ResultFile = "result.json"

// RequestFile is the name of the request in an attempt's folder.
const RequestFile = "request.json"

// MaxOutputs bounds the outputs of one result.
const MaxOutputs = 1_000

// Status says how much of the work a result holds.
type Status string

// The two statuses of a result.
const (
	StatusOK      Status = "ok"
	StatusPartial Status = "partial" // what was done when the deadline came
)

// Result is the file that a command leaves behind.
type Result struct {
	Contract int    `json:"contract"`
	JobID    string `json:"job_id"`
	Attempt  int    `json:"attempt"`
	Status   Status `json:"status"`
	// Outputs are all files that the command hands over.
	Outputs []Output `json:"outputs"`
	// Metrics are those of the command: SelfplayMetrics and its kin; a workload may add more.
	Metrics json.RawMessage `json:"metrics,omitempty"`
	// Counters are numbers to be added up over jobs.
	Counters map[string]int64 `json:"counters,omitempty"`
	// Error tells what went wrong; a result with an exit code other than 0 or 31 may hold nothing else.
	Error string `json:"error,omitempty"`
}

// Output is one file that a command hands over.
type Output struct {
	Role Role `json:"role"`
	// Path is relative to the request's output_dir, with slashes, and stays inside it.
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
	// Records is the number of games or samples; nil for files without records.
	Records *int64 `json:"records,omitempty"`
}

// Output returns the only output with the role.
func (r *Result) Output(role Role) (Output, error) {
	var found []Output
	for _, output := range r.Outputs {
		if output.Role == role {
			found = append(found, output)
		}
	}
	if len(found) != 1 {
		return Output{}, fmt.Errorf("the result has %d outputs with the role %s, not one", len(found), role)
	}
	return found[0], nil
}

// DecodeMetrics reads the metrics into one of this package's structs; what that does not have is left out.
func (r *Result) DecodeMetrics(metrics any) error {
	if err := json.Unmarshal(r.Metrics, metrics); err != nil {
		return fmt.Errorf("read the metrics of job %s: %w", r.JobID, err)
	}
	return nil
}

// ParseResult reads a result and names everything that is wrong with its form.
func ParseResult(document []byte) (*Result, error) {
	var result Result
	if err := DecodeStrict(document, &result); err != nil {
		return nil, fmt.Errorf("read the result: %w", err)
	}
	if err := result.Check(); err != nil {
		return nil, err
	}
	return &result, nil
}

// Check names everything that is wrong with the form of the result.
func (r *Result) Check() error {
	p := &Problems{Document: "the result"}
	p.require(r.Contract == Contract, "contract", r.Contract, "use %d", Contract)
	p.require(r.Status == StatusOK || r.Status == StatusPartial, "status", r.Status, "use %s or %s", StatusOK, StatusPartial)
	p.require(len(r.Outputs) <= MaxOutputs, "outputs", len(r.Outputs), "hand over at most %d", MaxOutputs)
	seen := map[string]bool{}
	for i, output := range r.Outputs {
		field := fmt.Sprintf("outputs[%d].", i)
		p.require(slices.Contains(Roles(), output.Role), field+"role", output.Role, "use one of %v", Roles())
		p.require(filepath.IsLocal(filepath.FromSlash(output.Path)), field+"path", output.Path, "use a path relative to output_dir that stays inside it")
		p.require(!seen[output.Path], field+"path", output.Path, "hand over each file once")
		seen[output.Path] = true
		p.require(hashText.MatchString(output.SHA256), field+"sha256", output.SHA256, "use 64 lower-case hexadecimal digits")
		p.require(output.Bytes >= 0, field+"bytes", output.Bytes, "use the size of the file")
		p.require(output.Records == nil || *output.Records >= 0, field+"records", output.Records, "use 0 or more")
	}
	return p.err()
}
