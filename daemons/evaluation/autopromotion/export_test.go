package autopromotion

import (
	"context"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// JudgeOnly decides about the candidate of an order without carrying it out, as a copy does that dies in between.
func JudgeOnly(ctx context.Context, session *ledger.Session, order ledger.Stage, settings Settings) error {
	work := &deciding{settings: func() Settings { return settings }, streaks: newStreaks()}
	_, err := work.judge(ctx, session, order)
	return err
}
