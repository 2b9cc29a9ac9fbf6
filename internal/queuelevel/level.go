package queuelevel

import (
	"fmt"
	"slices"
)

// Queues whose levels others go by. Their names and the words of their levels are stored: never change one.
const (
	// PendingGames are the self-play jobs that wait; QUEUE_MONITOR keeps its Level.
	PendingGames = "pending_games"
	// Jobs are all jobs that wait; WORK_QUEUE_MONITOR keeps whether it is Normal or Full.
	Jobs         = "jobs"
	Normal, Full = "normal", "full"
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

func names() []string {
	return []string{"none", "low", "soft", "medium", "hard", "high", "critical", "stop"}
}

func (l Level) String() string {
	if l < None || l > Stop {
		return fmt.Sprintf("level %d", int(l))
	}
	return names()[l]
}

// Parse reads what String wrote. An unknown word is no pressure: another build's level is measured anew.
func Parse(text string) Level { return max(None, Level(slices.Index(names(), text))) }

// Factor is the share of its full rate that a producer may use.
func (l Level) Factor() float64 {
	return [...]float64{1, 0.9, 0.7, 0.5, 0.25, 0.1, 0.05, 0}[min(max(l, None), Stop)]
}
