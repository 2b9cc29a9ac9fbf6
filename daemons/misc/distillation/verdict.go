package distillation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	verdictAccepted = "accepted"
	verdictRejected = "rejected"
)

// Gate is one condition of a verdict.
type Gate struct {
	Name      string  `json:"name"`
	Passed    bool    `json:"passed"`
	Actual    float64 `json:"actual"`
	Threshold float64 `json:"threshold"`
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
			{"correlation", metrics.Correlation >= s.MinCorrelation, metrics.Correlation, s.MinCorrelation},
			{"sign_agreement", metrics.SignAgreement >= s.MinSign, metrics.SignAgreement, s.MinSign},
			{"size_ratio", metrics.SizeRatio <= s.MaxSize, metrics.SizeRatio, s.MaxSize},
			{"latency_ratio", metrics.LatencyRatio <= s.MaxLatency, metrics.LatencyRatio, s.MaxLatency},
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
	return Gate{"strength", known && share >= s.MinStrength, share, s.MinStrength}
}

// failed is the first gate that the student did not pass; nil if it passed all.
func (v Verdict) failed() *Gate {
	for i := range v.Gates {
		if !v.Gates[i].Passed {
			return &v.Gates[i]
		}
	}
	return nil
}

// reason is the verdict for people.
func (v Verdict) reason() string {
	if gate := v.failed(); gate != nil {
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
	word := verdictRejected
	if verdict.Accepted {
		word = verdictAccepted
	}
	if _, _, err := session.Decide(ctx, ledger.Decision{
		Kind: pipeline.DecisionDistilled, Key: c.teacher.ID, ConfigKey: c.config, Inputs: inputs, Verdict: word, Reason: verdict.reason(),
	}); err != nil {
		return err
	}
	return d.settleLast(ctx, session, c.config)
}
