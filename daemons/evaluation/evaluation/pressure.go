package evaluation

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/queuelevel"
	"github.com/ringrift/orchestrator/internal/spec"
)

// daemon is EVALUATION: a desk that also says when too many evaluations are open.
type daemon struct {
	*pipeline.Desk
	rt     host.Runtime
	work   *evaluating
	keeper *queuelevel.Keeper
}

// Tick implements host.Ticker.
func (d *daemon) Tick(ctx context.Context) error {
	if err := d.work.stuck.read(ctx); err != nil {
		return err
	}
	if err := d.Desk.Tick(ctx); err != nil {
		return err
	}
	session, err := d.rt.Ledger(ctx)
	if err != nil {
		return err
	}
	open, err := session.Ledger().OpenStages(ctx, string(spec.StageEvaluating))
	if err == nil {
		err = d.press(ctx, session, int64(len(open)))
	}
	if ledger.IsUnavailable(err) {
		return host.Dependency(err)
	}
	if err != nil {
		return err
	}
	keys := make([]string, len(open))
	for i, order := range open {
		keys[i] = pipeline.JobKey(order)
	}
	return d.work.stuck.keep(ctx, keys)
}

// press brings the level of open evaluations up to date, and tells of a change.
func (d *daemon) press(ctx context.Context, session *ledger.Session, open int64) error {
	before, err := pipeline.EvaluationPressure(ctx, session.Ledger())
	if err != nil {
		return err
	}
	settings := d.work.settings()
	return d.keeper.Bring(ctx, session, before, settings.level(open, before.Level), open, settings.pressureEvent)
}

// level is how pressing it is that so many evaluations are open, after what it was before.
func (s Settings) level(open int64, before string) string {
	if open >= s.PressureOn || before == pipeline.EvaluationHigh && open > s.PressureOff {
		return pipeline.EvaluationHigh
	}
	return pipeline.EvaluationCalm
}

func (s Settings) pressureEvent(change bus.LevelChange) bus.Payload {
	if change.New == pipeline.EvaluationCalm {
		return bus.EvaluationBackpressureReleased{LevelChange: change, Threshold: s.PressureOn, ReleaseThreshold: s.PressureOff}
	}
	return bus.EvaluationBackpressure{LevelChange: change, Threshold: s.PressureOn, ReleaseThreshold: s.PressureOff}
}

// Health implements host.Checker: that of the desk, and the evaluations that are stuck.
func (d *daemon) Health(ctx context.Context) spec.Health {
	health := d.Desk.Health(ctx)
	for _, key := range d.work.stuck.all() {
		since, _ := d.work.stuck.of(key)
		health.Findings = append(health.Findings, fmt.Sprintf("%s has not moved on since %s", key, since.UTC().Format("2006-01-02T15:04:05Z")))
	}
	return health
}
