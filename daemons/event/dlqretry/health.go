package dlqretry

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// maxPending is how many waiting letters are too many to work off.
	maxPending = 1000
	// recentlyAbandoned is how long a letter that was given up asks for attention.
	recentlyAbandoned = 24 * time.Hour
)

// counts is what one round found.
type counts struct {
	byStatus       map[bus.LetterStatus]int
	freshAbandoned int
}

// Health tells of letters that need a person. They are other daemons' failures: restarting this one would
// not cure them, so they never make it unhealthy.
func (r *retrier) Health(context.Context) spec.Health {
	r.mu.Lock()
	found := r.counts
	r.mu.Unlock()
	if found == nil {
		return spec.Health{Status: spec.HealthUnknown, Message: "no round has ended yet"}
	}
	health := spec.Health{Status: spec.HealthOK, Details: map[string]any{}}
	for _, status := range []bus.LetterStatus{bus.LetterPending, bus.LetterRecovered, bus.LetterAbandoned} {
		health.Details[string(status)] = found.byStatus[status]
	}
	switch pending := found.byStatus[bus.LetterPending]; {
	case pending > maxPending:
		health.Status, health.Message = spec.HealthDegraded, fmt.Sprintf("%d dead letters wait", pending)
	case found.freshAbandoned > 0:
		health.Status = spec.HealthDegraded
		health.Message = fmt.Sprintf("%d dead letters were abandoned within a day: see to their subscribers, then redeliver or discard them", found.freshAbandoned)
	}
	return health
}

func (r *retrier) count(letters []bus.DeadLetter) {
	found := &counts{byStatus: map[bus.LetterStatus]int{}}
	for _, letter := range letters {
		found.byStatus[letter.Status]++
		if letter.Status == bus.LetterAbandoned && r.age(letter.LastAt) < recentlyAbandoned {
			found.freshAbandoned++
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts = found
}
