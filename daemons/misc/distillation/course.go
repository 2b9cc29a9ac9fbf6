package distillation

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// waiting says what a teacher waits for. It is due if it could have a student.
type waiting struct {
	reason string
	due    bool
}

// course is one attempt to make a student of a teacher.
type course struct {
	config   string
	players  int
	workload *workload.Workload
	settings Settings
	teacher  ledger.Model
	combined pipeline.Combined // what the teacher was trained on
	attempt  int64
}

// The jobs of a course, in their order.
const (
	lessonPositions = "positions"
	lessonStudent   = "student"
	lessonMatch     = "match"
)

func lessons() []string { return []string{lessonPositions, lessonStudent, lessonMatch} }

// name is that of an attempt.
func (c course) name() string { return fmt.Sprintf("%s/%d", c.teacher.ID, c.attempt) }

// jobKey is the idempotency key of one of its jobs.
func (c course) jobKey(lesson string) string { return "distill/" + c.name() + "/" + lesson }

// teach takes the course of a teacher one job further, and the verdict if all are done.
func (d *distiller) teach(ctx context.Context, session *ledger.Session, w *workload.Workload, key, teacher string) (waiting, error) {
	c := course{config: key, players: bus.ConfigOf(key).NumPlayers, workload: w, settings: d.config.settings()}
	l := session.Ledger()
	var err error
	if c.teacher, err = l.Model(ctx, teacher); err != nil {
		return waiting{}, err
	}
	known, err := c.findDataset(ctx, l)
	if err != nil {
		return waiting{}, err
	}
	if !known {
		return waiting{reason: "its model was trained on nothing that is known"}, nil
	}
	if wait, err := d.nextAttempt(ctx, session, &c); err != nil || wait != "" {
		return waiting{wait, true}, err
	}
	reports := map[string]jobs.Report{}
	for _, lesson := range lessons() {
		report, wait, err := d.attempt(ctx, session, c, lesson, reports)
		if err != nil || wait != "" {
			return waiting{wait, true}, err
		}
		reports[lesson] = report
		if lesson != lessonStudent {
			continue
		}
		verdict, err := c.judge(ctx, l, reports)
		if err != nil {
			return d.refuse(ctx, session, c, err)
		}
		if !verdict.Accepted { // it need not play
			return waiting{}, d.decide(ctx, session, c, verdict, reports)
		}
	}
	verdict, err := c.judge(ctx, l, reports)
	if err != nil {
		return d.refuse(ctx, session, c, err)
	}
	return waiting{}, d.decide(ctx, session, c, verdict, reports)
}

// findDataset finds what the teacher was trained on; false if it was not, as generation 0.
func (c *course) findDataset(ctx context.Context, l *ledger.Ledger) (bool, error) {
	trained, err := pipeline.Result[pipeline.Trained](ctx, l, c.config, c.teacher.Iteration, spec.StageTraining)
	if err == nil && trained.ModelID == c.teacher.ID {
		c.combined, err = pipeline.Result[pipeline.Combined](ctx, l, c.config, c.teacher.Iteration, spec.StageCombining)
	}
	if errors.Is(err, pipeline.ErrMissing) {
		return false, nil
	}
	return c.combined.DatasetID != "", err
}
