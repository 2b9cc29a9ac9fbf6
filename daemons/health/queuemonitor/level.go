package queuemonitor

import (
	"fmt"
	"slices"
)

// Level is how full a queue is. A higher one never allows more.
type Level int

// The levels, from no pressure to none at all.
const (
	None Level = iota
	Low
	Soft
	Medium
	Hard
	High
	Critical
	Stop
)

// hysteresis is how far a depth must fall below the beginning of a level until that is left: a tenth.
const hysteresis = 0.9

func names() []string {
	return []string{"none", "low", "soft", "medium", "hard", "high", "critical", "stop"}
}

func (l Level) String() string {
	if l < None || l > Stop {
		return fmt.Sprintf("level %d", int(l))
	}
	return names()[l]
}

// parseLevel reads what String wrote. An unknown word is no pressure: another build's level is measured anew.
func parseLevel(text string) Level { return max(None, Level(slices.Index(names(), text))) }

// Factor is the share of its full rate that a producer may use.
func (l Level) Factor() float64 {
	return [...]float64{1, 0.9, 0.7, 0.5, 0.25, 0.1, 0.05, 0}[min(max(l, None), Stop)]
}

// level is the level of a depth, for a queue that was at another one before.
func (q Queue) level(depth float64, before Level) Level {
	if now := q.band(depth); now >= before {
		return now
	}
	return min(before, q.band(depth/hysteresis))
}

// band is the level of a depth for a queue that has no past.
func (q Queue) band(depth float64) Level {
	soft, hard := float64(q.Soft), float64(q.Hard)
	begins := []float64{soft * 0.5, soft * 0.75, soft, hard * 0.5, hard * 0.75, hard * 0.9, hard}
	level := None
	for i, begin := range begins {
		if depth >= begin {
			level = Level(i + 1)
		}
	}
	return level
}
