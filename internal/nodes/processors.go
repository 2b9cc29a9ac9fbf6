package nodes

import (
	"context"
	"errors"

	"github.com/shirou/gopsutil/v4/cpu"
)

// Processors is how much time the processors of the machine have spent since it began, in seconds of one of them. Two
// readings tell how busy it was between them, whoever worked.
type Processors struct {
	Busy  float64 `json:"busy_seconds"`
	Total float64 `json:"total_seconds"`
}

// ReadProcessors reads the counters of the whole machine.
func ReadProcessors(ctx context.Context) (Processors, error) {
	times, err := cpu.TimesWithContext(ctx, false)
	if err != nil {
		return Processors{}, err
	}
	if len(times) != 1 {
		return Processors{}, errors.New("the system tells of no processors")
	}
	t := times[0] // the time of guests is in that of users
	busy := t.User + t.Nice + t.System + t.Irq + t.Softirq + t.Steal
	return Processors{Busy: busy, Total: busy + t.Idle + t.Iowait}, nil
}

// Since is the share of the time since another reading that was worked, 0 to 1. It is unknown if no time has passed or
// the counters have begun anew.
func (p Processors) Since(before Processors) (share float64, known bool) {
	passed, busy := p.Total-before.Total, p.Busy-before.Busy
	if before.Total == 0 || passed <= 0 || busy < 0 {
		return 0, false
	}
	return min(busy/passed, 1), true
}
