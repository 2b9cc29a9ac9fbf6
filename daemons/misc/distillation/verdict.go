package distillation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	verdictAccepted  = "accepted"
	verdictRejected  = "rejected"
	verdictUndecided = "undecided" // it passes all gates but one, of which nobody can say
)

// Gate is one condition of a verdict.
type Gate struct {
	Name      string  `json:"name"`
	Passed    bool    `json:"passed"`
	Actual    float64 `json:"actual"`
	Threshold float64 `json:"threshold"`
	// Low and High are between which values Actual lies; both 0: it is exact. Undecided says that the threshold does too, so
	// that the gate is neither passed nor failed.
	Low       float64 `json:"low,omitempty"`
	High      float64 `json:"high,omitempty"`
	Undecided bool    `json:"undecided,omitempty"`
}

// Verdict is all that is kept of a student, and what was decided from it.
type Verdict struct {
	TeacherID string                  `json:"teacher_id"`
	StudentID string                  `json:"student_id"`
	Accepted  bool                    `json:"accepted"`
	Gates     []Gate                  `json:"gates"`
	Metrics   workload.DistillMetrics `json:"metrics"` // on what was kept apart
	// Games are empty if the student was turned down before it played.
	Games    []Faced  `json:"games"`
	Settings string   `json:"settings"` // their version
	Jobs     []string `json:"jobs"`
	// Positions were learnt from.
	Positions int64 `json:"positions"`
}

// judge says whether a student is served, as far as its jobs are done: all gates are asked, and what is not known yet is
// none.
func (c course) judge(ctx context.Context, l *ledger.Ledger, reports map[string]jobs.Report) (verdict Verdict, err error) {
	file, metrics, err := c.student(reports[lessonStudent])
	if err != nil {
		return verdict, err
	}
	drawn, err := pipeline.MetricsOf[workload.CombineMetrics](reports[lessonPositions])
	if err != nil {
		return verdict, bad("%v", err)
	}
	s := c.settings
	verdict = Verdict{
		TeacherID: c.teacher.ID, StudentID: pipeline.FileID(file), Metrics: metrics, Settings: s.Version, Positions: drawn.Samples, Games: []Faced{},
		Gates: []Gate{
			{Name: "correlation", Passed: metrics.Correlation >= s.MinCorrelation, Actual: metrics.Correlation, Threshold: s.MinCorrelation},
			{Name: "sign_agreement", Passed: metrics.SignAgreement >= s.MinSign, Actual: metrics.SignAgreement, Threshold: s.MinSign},
			{Name: "size_ratio", Passed: metrics.SizeRatio <= s.MaxSize, Actual: metrics.SizeRatio, Threshold: s.MaxSize},
			speed(metrics, s),
		},
	}
	if match, played := reports[lessonMatch]; played {
		if verdict.Games, err = c.games(ctx, l, verdict.StudentID, match); err != nil {
			return verdict, err
		}
		verdict.Gates = append(verdict.Gates, strength(verdict.Games[0], s))
	}
	for _, lesson := range lessons() {
		if report, done := reports[lesson]; done {
			verdict.Jobs = append(verdict.Jobs, report.JobID)
		}
	}
	verdict.Accepted = verdict.failed() == nil
	return verdict, nil
}

// strength asks how well a student holds its own against its teacher: by the lower bound, so that few games never pass
// for strength.
func strength(against Faced, s Settings) Gate {
	low, _, known := against.Score.Interval()
	share := 0.0
	if known {
		share = low / against.Score.Parity()
	}
	return Gate{Name: "strength", Passed: known && share >= s.MinStrength, Actual: share, Threshold: s.MinStrength}
}

// speed asks how long a student takes by its teacher. No machine measures that exactly, and two measurements that are on
// different sides of what is allowed make no verdict: only one that is clear of it does.
func speed(metrics workload.DistillMetrics, s Settings) Gate {
	gate := Gate{
		Name: "latency_ratio", Actual: metrics.LatencyRatio, Threshold: s.MaxLatency, Low: metrics.LatencyLow, High: metrics.LatencyHigh,
	}
	low, high := cmp.Or(gate.Low, gate.Actual), cmp.Or(gate.High, gate.Actual)
	gate.Passed = high <= s.MaxLatency
	gate.Undecided = !gate.Passed && low <= s.MaxLatency
	return gate
}

// failed is the first gate that the student has failed, else the first of which nobody can say; nil if it passed all.
func (v Verdict) failed() (first *Gate) {
	for i := range v.Gates {
		switch gate := &v.Gates[i]; {
		case gate.Undecided && first == nil:
			first = gate
		case !gate.Undecided && !gate.Passed:
			return gate
		}
	}
	return first
}

// word is the verdict for programs.
func (v Verdict) word() string {
	switch gate := v.failed(); {
	case gate == nil:
		return verdictAccepted
	case gate.Undecided:
		return verdictUndecided
	}
	return verdictRejected
}

// reason is the verdict for people.
func (v Verdict) reason() string {
	switch gate := v.failed(); {
	case gate != nil && gate.Undecided:
		return fmt.Sprintf("whether its %s is at most %.3f is not known: it is between %.3f and %.3f, however often it is measured",
			gate.Name, gate.Threshold, gate.Low, gate.High)
	case gate != nil:
		return fmt.Sprintf("its %s is %.3f, and %.3f is asked for", gate.Name, gate.Actual, gate.Threshold)
	}
	return fmt.Sprintf("it judges and plays like its teacher, at %.0f %% of the size", v.Metrics.SizeRatio*100)
}

// decide registers the student and keeps the verdict. The next round carries it out.
func (d *distiller) decide(ctx context.Context, session *ledger.Session, c course, verdict Verdict, reports map[string]jobs.Report) error {
	file, _, err := c.student(reports[lessonStudent])
	if err != nil {
		return err
	}
	_, err = session.AddModel(ctx, ledger.Model{
		SHA256: file.SHA256.String(), ConfigKey: c.config, Kind: c.workload.Manifest.Formats.Model, Bytes: file.Bytes,
		Parents: []string{c.teacher.ID}, RunID: reports[lessonStudent].JobID,
		Workload: c.workload.Manifest.Name, WorkloadVersion: c.workload.Manifest.Version,
	})
	if err != nil {
		return err
	}
	inputs, err := json.Marshal(verdict)
	if err != nil {
		return fmt.Errorf("encode the verdict about %s: %w", verdict.StudentID, err)
	}
	if _, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionDistilled, Key: c.teacher.ID, ConfigKey: c.config, Inputs: inputs, Verdict: verdict.word(), Reason: verdict.reason(),
	}); err != nil {
		return err
	}
	return d.settleLast(ctx, session, c.config)
}
