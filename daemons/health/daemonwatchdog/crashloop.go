package daemonwatchdog

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// restartLog is what the watchdog has seen of one daemon's restarts.
type restartLog struct {
	Total  int     `json:"total"`
	Recent []burst `json:"recent,omitempty"` // within the window, oldest first
}

// burst is how many restarts came to light at one look.
type burst struct {
	At    time.Time `json:"at"`
	Count int       `json:"count"`
}

// observe notes the restarts since the last look and forgets those outside the window. It says whether the log
// has changed.
func (l *restartLog) observe(info spec.Info, now time.Time, window time.Duration) (changed bool) {
	before := len(l.Recent)
	l.Recent = slices.DeleteFunc(l.Recent, func(b burst) bool { return now.Sub(b.At) > window })
	changed = len(l.Recent) != before
	// A row without counters is one whose daemon could not be asked: it says nothing.
	if total := failures(info); len(info.Restarts) > 0 && total != l.Total {
		if total > l.Total {
			l.Recent = append(l.Recent, burst{now, total - l.Total})
		}
		l.Total, changed = total, true
	}
	return changed
}

func (l *restartLog) find(limit int, window time.Duration) (finding, bool) {
	count := 0
	for _, b := range l.Recent {
		count += b.Count
	}
	if count < limit {
		return finding{}, false
	}
	return finding{KindCrashLoop, l.Recent[0].At, fmt.Sprintf("%d restarts within %s", count, window)}, true
}

// failures counts the restarts that were the daemon's own fault.
func failures(info spec.Info) int {
	total := 0
	for cause, count := range info.Restarts {
		if cause.SpendsBudget() {
			total += count
		}
	}
	return total
}
