package distillation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
)

// settleLast carries out the last verdict of a configuration: whoever made it may have died before. Each part may be
// repeated.
func (d *distiller) settleLast(ctx context.Context, session *ledger.Session, key string) error {
	last, err := session.Ledger().Decisions(ctx, pipeline.DecisionDistilled, key, ledger.Page{Limit: 1})
	if err != nil || len(last.Items) == 0 {
		return err
	}
	made := last.Items[0]
	if d.told[made.Key] {
		return nil
	}
	var verdict Verdict
	if err := json.Unmarshal(made.Inputs, &verdict); err != nil {
		return fmt.Errorf("verdict about the student of %s: %w", made.Key, err)
	}
	if verdict.Accepted {
		if err := move(ctx, session, made, verdict); err != nil {
			return err
		}
	}
	// What is older than the log's memory was told when it happened.
	if !d.rt.Bus.Client().MayRepeat(made.DecidedAt) {
		if err := d.rt.Bus.Publish(ctx, completed(made, verdict)); err != nil {
			return err
		}
	}
	d.told[made.Key] = true
	return nil
}

// move lets a student take over as the configuration's small model, once.
func move(ctx context.Context, session *ledger.Session, made ledger.Decision, verdict Verdict) error {
	current, err := session.Ledger().Pointer(ctx, made.ConfigKey, ledger.ProductionSmall)
	if err != nil && !errors.Is(err, ledger.ErrNotFound) {
		return err
	}
	_, err = session.MovePointers(ctx, ledger.PointerMove{
		ConfigKey: made.ConfigKey, Name: ledger.ProductionSmall, ModelID: verdict.StudentID, Expect: current.Sequence,
		DecisionID: "distillation/" + made.Key, Reason: made.Reason,
	})
	return err
}

func completed(made ledger.Decision, verdict Verdict) bus.DistillationCompleted {
	told := bus.DistillationCompleted{
		Config: bus.ConfigOf(made.ConfigKey), TeacherID: verdict.TeacherID, StudentID: verdict.StudentID, Accepted: verdict.Accepted, Reason: made.Reason,
		Correlation: verdict.Metrics.Correlation, SignAgreement: verdict.Metrics.SignAgreement, SizeRatio: verdict.Metrics.SizeRatio,
	}
	if verdict.Metrics.LatencyRatio > 0 {
		told.Speedup = 1 / verdict.Metrics.LatencyRatio
	}
	return told
}

// tellFailed tells of an attempt that has failed, once.
func (d *distiller) tellFailed(ctx context.Context, c course, class, reason string) error {
	about := "failed " + c.name()
	if d.told[about] {
		return nil
	}
	if class == "" {
		class = "cancelled"
	}
	err := d.rt.Bus.Publish(ctx, bus.DistillationFailed{
		Config: bus.ConfigOf(c.config), TeacherID: c.teacher.ID, Attempt: c.attempt, Error: reason, ErrorClass: class,
	})
	d.told[about] = err == nil
	return err
}

// tellQueued tells that a job is in the queue, once.
func (d *distiller) tellQueued(ctx context.Context, job ledger.Job) error {
	if d.told[job.ID] || d.rt.Bus.Client().MayRepeat(job.CreatedAt) {
		return nil
	}
	err := d.rt.Bus.Publish(ctx, bus.WorkQueued{Work: bus.Work{
		Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority,
	}})
	d.told[job.ID] = err == nil
	return err
}
