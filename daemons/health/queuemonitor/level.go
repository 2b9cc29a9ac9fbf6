package queuemonitor

import "github.com/ringrift/orchestrator/internal/queuelevel"

// hysteresis is how far a depth must fall below the beginning of a level until that is left: a tenth.
const hysteresis = 0.9

// level is the level of a depth, for a queue that was at another one before.
func (q Queue) level(depth float64, before queuelevel.Level) queuelevel.Level {
	if now := q.band(depth); now >= before {
		return now
	}
	return min(before, q.band(depth/hysteresis))
}

// band is the level of a depth for a queue that has no past.
func (q Queue) band(depth float64) queuelevel.Level {
	soft, hard := float64(q.Soft), float64(q.Hard)
	begins := []float64{soft * 0.5, soft * 0.75, soft, hard * 0.5, hard * 0.75, hard * 0.9, hard}
	level := queuelevel.None
	for i, begin := range begins {
		if depth >= begin {
			level = queuelevel.Level(i + 1)
		}
	}
	return level
}
