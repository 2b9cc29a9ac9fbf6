package tournamentdaemon

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
)

const (
	// lateAfter is how old the last look may be beside the interval.
	lateAfter = time.Minute
	// longAfter an open tournament is worth a look.
	longAfter = 4 * time.Hour
	// invalidShare of the games of a tournament is worth a look.
	invalidShare = .1
)

// look is what one look at all configurations found.
type look struct {
	at       time.Time
	openNow  int
	findings []string
}

// open notes a tournament that has not ended.
func (l *look) open(ctx context.Context, from *ledger.Ledger, plan tournament.Plan, why string) error {
	l.openNow++
	now, err := from.Now(ctx)
	if err == nil && now.Sub(plan.MadeAt) > longAfter {
		l.findings = append(l.findings, fmt.Sprintf("tournament %s is open since %s: %s", plan.ID, plan.MadeAt.UTC().Format(time.RFC3339), why))
	}
	return err
}

// ended notes what the last tournament of a configuration came to.
func (l *look) ended(result tournament.Result) {
	switch all := result.Valid + result.Invalid; {
	case !result.Counts:
		l.findings = append(l.findings, fmt.Sprintf("tournament %s is no evidence: %s", result.ID, result.Reason))
	case float64(result.Invalid) > invalidShare*float64(all):
		l.findings = append(l.findings, fmt.Sprintf("tournament %s: %d of %d games are invalid", result.ID, result.Invalid, all))
	}
}

// Health implements host.Checker: tournaments that come to nothing are findings; only looks that do not end are this
// daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	d.mu.Lock()
	last := d.last
	d.mu.Unlock()
	now := d.rt.Now()
	if last.at.IsZero() {
		return spec.Health{Status: spec.HealthUnknown, At: now, Message: "no look has ended yet"}
	}
	health := spec.Health{
		Status: spec.HealthOK, At: now, Findings: last.findings, Details: map[string]any{"last_success_at": last.at, "open": last.openNow},
	}
	switch age := now.Sub(last.at); {
	case age > d.config.Interval+lateAfter:
		health.Status, health.Message = spec.HealthUnhealthy, fmt.Sprintf("the last look was %.0f s ago", age.Seconds())
	case len(last.findings) > 0:
		health.Status, health.Message = spec.HealthDegraded, "tournaments come to nothing"
	}
	return health
}
