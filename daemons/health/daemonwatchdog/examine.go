package daemonwatchdog

import (
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Kind says what an alert is about.
type Kind string

// The kinds of alerts.
const (
	KindFailed           Kind = "failed"            // will not be tried again by itself
	KindConfiguration    Kind = "configuration"     // failed, and only another configuration helps
	KindRestartExhausted Kind = "restart_exhausted" // the budget is spent; one try now and then
	KindStuck            Kind = "stuck"             // starts, stops or restarts far beyond its deadline
	KindUnresponsive     Kind = "unresponsive"      // its worker gives no sign of life
	KindCrashLoop        Kind = "crash_loop"        // many restarts in a short time
	KindRecovered        Kind = "recovered"         // runs again after one of the above
)

const (
	// silentIntervals is the number of health intervals without a sign of life that are too many.
	silentIntervals = 3
	// maxBackoff is the longest pause before a restart.
	maxBackoff = 5 * time.Minute
)

// finding is something that is wrong with one daemon now.
type finding struct {
	kind    Kind
	since   time.Time
	message string
}

// sighting is one daemon as the watchdog sees it in one round.
type sighting struct {
	info spec.Info
	row  spec.Daemon
	// seen is the last sign of life of its worker, zero if there was none.
	seen time.Time
	// watching is since when the watchdog has looked without a gap. Nothing is held against a daemon that it
	// could not have shown meanwhile.
	watching time.Time
}

// examine tells what is wrong as far as the state alone tells; nothing is wrong with a daemon that is meant to
// be down.
func (s sighting) examine(now time.Time) (finding, bool) {
	wanted := s.info.Desired != spec.DesiredStop && s.info.Desired != spec.DesiredPause
	switch {
	case s.info.Phase == spec.PhaseStopping:
		return s.stuck(now, s.info.Since.Add(s.row.StopTimeout), "was told to stop")
	case !wanted:
		return finding{}, false
	}
	switch s.info.Phase {
	case spec.PhaseFailed:
		return s.failed(), true
	case spec.PhaseProbing:
		text := fmt.Sprintf("restart budget spent (%d restarts), next single try at %s", s.info.MaxRestarts, clock(s.info.NextTryAt))
		return finding{KindRestartExhausted, s.info.Since, s.because(text)}, true
	case spec.PhaseStarting:
		return s.stuck(now, s.info.Since.Add(s.row.ReadyTimeout), "was started")
	case spec.PhaseRestarting:
		return s.stuck(now, s.nextTry().Add(s.row.ReadyTimeout), "was to be restarted")
	case spec.PhaseUnavailable:
		return s.silent(now, s.info.Since, "no worker serves its node")
	case spec.PhaseRunning:
		return s.unresponsive(now)
	}
	return finding{}, false
}

func (s sighting) failed() finding {
	if s.info.Cause == spec.CauseConfig {
		return finding{KindConfiguration, s.info.Since, s.because("cannot run with its configuration")}
	}
	return finding{KindFailed, s.info.Since, s.because("failed and will not be tried again")}
}

// stuck waits for the startup grace beyond the deadline, which the owner of the daemon enforces.
func (s sighting) stuck(now, deadline time.Time, what string) (finding, bool) {
	if now.Before(later(deadline, s.watching).Add(s.row.StartupGrace)) {
		return finding{}, false
	}
	text := fmt.Sprintf("%s at %s and is still %s", what, clock(s.info.Since), s.info.Phase)
	return finding{KindStuck, s.info.Since, s.because(text)}, true
}

func (s sighting) unresponsive(now time.Time) (finding, bool) {
	if now.Before(s.info.Since.Add(s.row.StartupGrace)) {
		return finding{}, false
	}
	if s.seen.IsZero() {
		return s.silent(now, s.info.Since, "no sign of life of its worker is known")
	}
	return s.silent(now, s.seen, "no sign of life of its worker since "+clock(s.seen))
}

func (s sighting) silent(now, since time.Time, message string) (finding, bool) {
	limit := silentIntervals * s.row.EffectiveHealthCheckInterval()
	if now.Sub(later(since, s.watching)) <= limit {
		return finding{}, false
	}
	return finding{KindUnresponsive, since, message}, true
}

func (s sighting) nextTry() time.Time {
	if s.info.NextTryAt.IsZero() {
		return s.info.Since.Add(maxBackoff)
	}
	return s.info.NextTryAt
}

func (s sighting) because(text string) string {
	if s.info.LastError == "" {
		return text
	}
	return text + ": " + s.info.LastError
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func clock(at time.Time) string {
	if at.IsZero() {
		return "an unknown time"
	}
	return at.UTC().Format(time.RFC3339)
}
