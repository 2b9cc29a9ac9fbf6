// Package pause is the wait between two tries.
package pause

import (
	"context"
	"time"
)

// For waits for d and says whether it went by: it returns false as soon as ctx is done.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
