package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// verdictLimit bounds one health check; a daemon that cannot answer is unhealthy.
	verdictLimit = 5 * time.Second
	// stuckTicks is how many intervals a tick may take before it counts as stuck.
	stuckTicks = 10
	// firstLook is the pause before a daemon is asked again that did not know how it is when it became ready, or waited
	// for something; it doubles up to the interval, as long as that is so.
	firstLook = 100 * time.Millisecond
	// minStuck keeps short intervals from making a slow disk look like a hang.
	minStuck = 2 * time.Minute
)

// unhealthy is the failure of a daemon whose verdicts were bad too many times in a row.
type unhealthy struct {
	verdicts int
	message  string
}

func (u *unhealthy) Error() string {
	return fmt.Sprintf("unhealthy %d times in a row: %s", u.verdicts, u.message)
}

// health keeps the figures of one attempt and its last verdict.
type health struct {
	instance *instance

	mutex      sync.Mutex
	verdict    spec.Health
	ticks      int64
	tickErrors int64
	tickBegan  time.Time // zero while no tick runs
	success    time.Time
	depends    string // what it waits for, empty when nothing
}

func newHealth(i *instance) *health {
	return &health{instance: i, verdict: spec.Health{Status: spec.HealthUnknown, Message: "not checked yet", At: i.config.Now()}}
}

func (h *health) last() spec.Health {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.verdict
}

// tickBegins returns the function that takes the tick's end.
func (h *health) tickBegins() func(error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.tickBegan = h.instance.config.Now()
	return h.tickEnds
}

func (h *health) tickEnds(err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.ticks++
	h.tickBegan = time.Time{}
	h.depends = ""
	var again *later
	switch {
	case err == nil || errors.As(err, &again):
		h.success = h.instance.config.Now()
	case waits(err):
		h.depends = err.Error()
	default:
		h.tickErrors++
	}
}

// trying forgets what was waited for: the daemon finds out again whether it is there.
func (h *health) trying() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.depends = ""
}

// waiting notes a dependency that is down.
func (h *health) waiting(err error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.depends = err.Error()
	h.verdict = spec.Health{Status: spec.HealthWaiting, Message: h.depends, At: h.instance.config.Now()}
}

// watch checks the daemon on its interval and returns an error once the verdicts count as a failure.
// Verdicts during the startup grace are shown and not counted.
func (h *health) watch(ctx context.Context, runner Runner) error {
	daemon := h.instance.assignment.Spec
	bad, interval, early := 0, daemon.EffectiveHealthCheckInterval(), firstLook
	for pause.For(ctx, jittered(h.untilNext(interval, early))) {
		verdict := h.check(ctx, runner)
		if ctx.Err() != nil {
			return nil
		}
		h.publish(verdict)
		early = min(2*early, interval)
		switch {
		case verdict.Status != spec.HealthUnhealthy:
			bad = 0
		case h.instance.config.Now().Sub(h.instance.began) >= daemon.StartupGrace:
			bad++
		}
		if bad >= daemon.UnhealthyThreshold {
			return &unhealthy{bad, verdict.Message}
		}
	}
	return nil
}

// untilNext is the pause before the next check: the interval, or less while the daemon gets going.
func (h *health) untilNext(interval, early time.Duration) time.Duration {
	status := h.last().Status
	if early < interval && (status == spec.HealthUnknown || status == spec.HealthWaiting) {
		return early
	}
	return interval
}

// first takes the verdict that goes with the report of readiness.
func (h *health) first(ctx context.Context, runner Runner) {
	verdict := h.check(ctx, runner)
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.verdict = verdict
}

// publish stores the verdict, and tells the observer when the word has changed.
func (h *health) publish(verdict spec.Health) {
	h.mutex.Lock()
	before := h.verdict.Status
	h.verdict = verdict
	h.mutex.Unlock()
	if before != verdict.Status {
		h.instance.logger.Info("health", "status", verdict.Status, "message", verdict.Message)
		h.instance.observer.Health(verdict)
	}
}

// check asks the daemon, and overrules it where the host's own figures are worse.
func (h *health) check(ctx context.Context, runner Runner) spec.Health {
	verdict := spec.Health{Status: spec.HealthOK}
	if checker, can := runner.(Checker); can {
		verdict = h.ask(ctx, checker)
	}
	h.mutex.Lock()
	defer h.mutex.Unlock()
	now := h.instance.config.Now()
	verdict.At = now
	switch {
	case h.stuck(now, runner):
		verdict.Status, verdict.Message = spec.HealthUnhealthy, fmt.Sprintf("a tick has been running for %s", now.Sub(h.tickBegan).Round(time.Second))
	case h.depends != "":
		verdict.Status, verdict.Message = spec.HealthWaiting, h.depends
	}
	h.describe(&verdict)
	return verdict
}

func (h *health) ask(ctx context.Context, checker Checker) spec.Health {
	verdict, err := bounded(ctx, verdictLimit, func(ctx context.Context) (spec.Health, error) { return checker.Health(ctx), nil })
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return spec.Health{Status: spec.HealthUnhealthy, Message: fmt.Sprintf("health check: no answer within %s", verdictLimit)}
	case err != nil:
		return spec.Health{Status: spec.HealthUnhealthy, Message: "health check: " + err.Error()}
	}
	return verdict
}

func (h *health) stuck(now time.Time, runner Runner) bool {
	ticker, ticks := runner.(Ticker)
	if !ticks || h.tickBegan.IsZero() {
		return false
	}
	return now.Sub(h.tickBegan) > max(minStuck, stuckTicks*ticker.Interval())
}

// describe adds the host's figures, under names that the metrics know. They go into a map of their own: the daemon may
// keep the one that it gave.
func (h *health) describe(verdict *spec.Health) {
	details := map[string]any{}
	maps.Copy(details, verdict.Details)
	details["ticks"], details["tick_errors"] = h.ticks, h.tickErrors
	if !h.success.IsZero() {
		details["last_success_at"] = h.success.UTC().Format(time.RFC3339Nano)
	}
	verdict.Details = details
}
