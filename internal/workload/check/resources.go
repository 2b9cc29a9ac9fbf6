package check

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
)

// cpuTolerance is the share above its processors that a command may use: what the clocks differ.
const cpuTolerance = 1.1

// limits runs self-play within what the manifest says it needs, but on one processor.
func limits(ctx context.Context, k *kit) error {
	s, err := k.selfplaySpec(ctx, k.options.Games)
	if err != nil {
		return err
	}
	s.limits = workload.Limits{CPU: 1, MemMB: k.manifest().Needs(workload.Selfplay).MemMB}
	o, err := k.succeed(ctx, s)
	if err != nil {
		return err
	}
	used := o.Exit.Usage
	if used == nil {
		return blocked(fmt.Errorf("nobody saw what self-play used"))
	}
	elapsed := o.Exit.Ended.Sub(o.Exit.Started)
	if spent := used.User + used.System; spent.Seconds() > elapsed.Seconds()*cpuTolerance+0.05 {
		return fmt.Errorf("%s of processor time in %s, with one processor", spent, elapsed)
	}
	if limit := int64(s.limits.MemMB) << 20; limit > 0 && used.LargestProcess > limit {
		return fmt.Errorf("%d MB of memory, the manifest says %d", used.LargestProcess>>20, s.limits.MemMB)
	}
	return nil
}
