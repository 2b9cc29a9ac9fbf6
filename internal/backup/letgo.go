package backup

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// Nothing of an installation runs while it is restored, so its fences keep nobody out but those who begin after it:
// by the clock of this machine, which may be behind the one of the backup.

func (b *eventBus) resetFences(ctx context.Context) (forgotten int, err error) {
	fences, err := b.client.Fences(ctx)
	if err != nil {
		return 0, err
	}
	for _, fence := range fences {
		if err := b.client.ResetFence(ctx, fence.Daemon, fence.Node); err != nil {
			return 0, err
		}
	}
	return len(fences), nil
}

// resetLedger also brings an older ledger up to this build's schema, and refuses a newer one.
func resetLedger(ctx context.Context, path string) (forgotten int, err error) {
	opened, err := ledger.Open(ctx, ledger.Config{Path: path})
	if err != nil {
		return 0, fmt.Errorf("restore the ledger: %w", err)
	}
	forgotten, err = opened.ResetFences(ctx)
	return forgotten, errors.Join(err, opened.Close())
}
