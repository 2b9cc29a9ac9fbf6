package autosync

import (
	"context"
	"fmt"
)

// pressure says why nothing is to be written now; empty: go on. What cannot be measured stops nothing: an arrival
// asks for its own disk space anyway.
func (d *daemon) pressure(ctx context.Context) string {
	capacity := d.measurer.Measure(ctx)
	if disk, known := capacity.Disk.Get(); known && disk.Total > 0 {
		if most := d.config.MaxDiskUsed(); disk.UsedShare() > most {
			return fmt.Sprintf("the disk is %.1f %% full, the limit (disk.max_used) is %.1f %%", 100*disk.UsedShare(), 100*most)
		}
	}
	if memory, known := capacity.Memory.Get(); known && memory.Total > 0 {
		if free := 100 * float64(memory.Free) / float64(memory.Total); free < d.config.MinimumMemory {
			return fmt.Sprintf("%.1f %% of the memory are free, the limit is %.1f %%", free, d.config.MinimumMemory)
		}
	}
	return ""
}
