package check

import (
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Verdict is what came out for one rule.
type Verdict string

// The verdicts.
const (
	Passed  Verdict = "passed"
	Failed  Verdict = "failed"
	Blocked Verdict = "blocked" // could not be checked, because something before it went wrong
	Skipped Verdict = "skipped" // is about a feature that the workload does not have
)

// Finding is the verdict on one rule.
type Finding struct {
	Rule    workload.Rule `json:"rule"`
	Demand  string        `json:"demand"` // what the rule asks for
	Verdict Verdict       `json:"verdict"`
	Detail  string        `json:"detail,omitempty"`
	Seconds float64       `json:"seconds"`
}

// Report is the verdict on a workload.
type Report struct {
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Hash     string    `json:"hash"`
	Config   string    `json:"config"`
	Findings []Finding `json:"findings"` // in the order of the rules
	Runs     int       `json:"runs"`     // commands that were run
	Seconds  float64   `json:"seconds"`
}

// Green says that the workload keeps the contract, as far as it was checked.
func (r *Report) Green() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Verdict == Failed || f.Verdict == Blocked })
}

// Broken returns the rules that failed.
func (r *Report) Broken() []workload.Rule {
	var broken []workload.Rule
	for _, finding := range r.Findings {
		if finding.Verdict == Failed {
			broken = append(broken, finding.Rule)
		}
	}
	return broken
}

// Count returns how many rules have the verdict.
func (r *Report) Count(verdict Verdict) int {
	count := 0
	for _, finding := range r.Findings {
		if finding.Verdict == verdict {
			count++
		}
	}
	return count
}

func since(begun time.Time) float64 {
	return time.Since(begun).Round(time.Millisecond).Seconds()
}
