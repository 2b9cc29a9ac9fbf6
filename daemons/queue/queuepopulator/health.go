package queuepopulator

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// lateAfter is how old the last round may be beside the interval.
	lateAfter = time.Minute
	// starvingRounds is how many rounds may end with nothing in the queue although something could be added.
	starvingRounds = 3
)

// Health implements host.Checker: the populator is well as long as nobody waits for it. A plan that is worked off is
// idle, and back-pressure is no illness.
func (p *populator) Health(context.Context) spec.Health {
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	now := p.rt.Now()
	switch {
	case last.at.IsZero():
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no round has ended yet"}
	case last.plan == "":
		return spec.Health{Status: spec.HealthOK, At: now, Message: "SELFPLAY_COORDINATOR has not made a plan yet"}
	}
	health := spec.Health{Status: spec.HealthOK, At: now, Details: map[string]any{
		"last_success_at": last.at, "plan_id": last.plan, "queued": last.waiting, "target": last.target,
		"added": last.added, "level": last.level, "plan_done": last.done,
	}}
	if last.level != levelNormal && last.level != "" {
		health.Findings = append(health.Findings, fmt.Sprintf("%d jobs wait: back-pressure is %s", last.depth, last.level))
	}
	if last.skipped != "" {
		health.Findings = append(health.Findings, last.skipped)
	}
	switch age := now.Sub(last.at); {
	case age > p.config.Interval+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last round was %.0f s ago", age.Seconds())
	case last.starving >= starvingRounds:
		health.Status, health.Message = spec.HealthUnhealthy, "the queue is empty, there is work to add, and none was added"
	case last.done:
		health.Message = "every configuration has its stock of games"
	}
	return health
}

// keep remembers the round.
func (p *populator) keep(seen view) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if seen.waiting == 0 && seen.wanted > 0 && seen.added == 0 && seen.nodes > 0 {
		seen.starving = p.last.starving + 1
	}
	p.last = seen
}
