package continuoustrainingloop

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/loops"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// memory is how far back the log is read: as far as it goes.
	memory = 7 * 24 * time.Hour
	// readLimit bounds one reading of the log.
	readLimit = 30 * time.Second
)

// record is what came of the iteration that a turn waits for, from the events of that iteration; false while the log does
// not have its end.
func (d *daemon) record(ctx context.Context, loop loops.Loop) (record bus.LoopIterationCompleted, found bool, err error) {
	turn := loop.Turn
	record = bus.LoopIterationCompleted{
		Config: bus.ConfigOf(turn.ConfigKey), LoopID: loop.ID, Turn: loop.Turns + 1, Iteration: turn.Iteration,
	}
	var opened, ended time.Time
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	options := bus.FollowOptions{
		Names: []bus.Name{"PIPELINE_STAGE_CHANGED", "CONSOLIDATION_COMPLETE", "TRAINING_COMPLETED", "PROMOTION_COMPLETED"},
		Since: d.rt.Now().Add(-memory), Stop: true,
	}
	of := pipeline.IterationID(turn.ConfigKey, turn.Iteration)
	err = d.rt.Bus.Client().Follow(ctx, options, func(event bus.Event) error {
		if event.CorrelationID != of {
			return nil
		}
		payload, err := bus.Parse(event.Name, event.Payload)
		if err != nil {
			return fmt.Errorf("event %s: %w", event.ID, err)
		}
		switch said := payload.(type) {
		case bus.PipelineStageChanged:
			switch spec.ActKind(said.Act) {
			case spec.ActOpen:
				opened = event.OccurredAt
			case spec.ActClose:
				record.Verdict, ended, found = said.Verdict, event.OccurredAt, true
			}
		case bus.ConsolidationComplete:
			record.Games = said.GamesMerged
		case bus.TrainingCompleted:
			record.DatasetID, record.ModelID = said.DatasetID, said.ModelID
		case bus.PromotionCompleted:
			record.Promoted, record.EloBefore, record.EloAfter = said.Success, said.PreviousElo, said.EstimatedElo
		}
		return nil
	})
	if err == nil && ctx.Err() != nil {
		err = ctx.Err() // an interrupted reading proves nothing
	}
	if !opened.IsZero() {
		record.DurationSeconds = ended.Sub(opened).Seconds()
	}
	return record, found, err
}
