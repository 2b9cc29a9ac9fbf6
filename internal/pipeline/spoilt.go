package pipeline

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
)

// LeftOut is a file that a stage goes on without: it is corrupt, and there is no good copy.
type LeftOut struct {
	Iteration int64  `json:"iteration"` // that it came from
	SHA256    string `json:"sha256"`
	Games     int64  `json:"games,omitempty"` // that are lost with it, as far as no other file has them
	Reason    string `json:"reason"`
}

// LeftOutOf are the files that the stages of an iteration have gone on without.
func LeftOutOf(ctx context.Context, l *ledger.Ledger, configKey string, iteration int64) (all []LeftOut, err error) {
	for _, stage := range []spec.Stage{spec.StageConsolidating, spec.StageExporting, spec.StageCombining, spec.StageTraining} {
		result, err := Result[struct {
			LeftOut []LeftOut `json:"left_out"`
		}](ctx, l, configKey, iteration, stage)
		if err != nil && !errors.Is(err, ErrMissing) {
			return nil, err
		}
		all = append(all, result.LeftOut...)
	}
	return all, nil
}

// TellLeftOut is what an owner tells of the files that an order was carried out without.
func TellLeftOut(order ledger.Stage, jobID string, all []LeftOut) (told []bus.Payload) {
	if len(all) == 0 {
		return nil
	}
	payload := bus.CorruptDataLeftOut{StageWork: WorkOf(order, jobID), Stage: order.Stage}
	for _, one := range all {
		payload.Files = append(payload.Files, bus.LeftOutFile{Iteration: one.Iteration, SHA256: one.SHA256, Games: one.Games, Reason: one.Reason})
	}
	return []bus.Payload{payload}
}

// good takes the files out of what CONSOLIDATING has left of which no good copy is left, with their games.
func (c Consolidated) good(ctx context.Context, l *ledger.Ledger, iteration int64) (Consolidated, error) {
	var kept []jobs.Output
	for _, file := range c.Files {
		reason, err := l.Spoilt(ctx, file.SHA256.String())
		if err != nil {
			return c, err
		}
		if reason == "" {
			kept = append(kept, file)
			continue
		}
		lost := LeftOut{Iteration: iteration, SHA256: file.SHA256.String(), Games: c.Games, Reason: reason}
		if file.Records != nil { // else it is the only one
			lost.Games = min(*file.Records, c.Games)
		}
		c.Games -= lost.Games
		c.Spoilt = append(c.Spoilt, lost)
	}
	c.Files = kept
	return c, nil
}
