package tournamentdaemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
)

const (
	// longAfter an open tournament is worth a look.
	longAfter = 4 * time.Hour
	// invalidShare of the games of a tournament is worth a look.
	invalidShare = .1
)

// look is what one look at all configurations found.
type look struct {
	openNow  int
	findings []string
	// calibrations are the verdicts of the newest ones, by configuration.
	calibrations map[string]string
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

// calibrated notes the newest calibration of a configuration under a harness, if there is one.
func (l *look) calibrated(ctx context.Context, from *ledger.Ledger, configKey, harness string) error {
	c, err := pipeline.NewestCalibration(ctx, from, configKey, harness, func(pipeline.Calibration) bool { return true })
	if errors.Is(err, ledger.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if l.calibrations == nil {
		l.calibrations = map[string]string{}
	}
	l.calibrations[configKey] = c.Verdict
	if c.Verdict == pipeline.CalibrationFails {
		l.findings = append(l.findings, fmt.Sprintf("calibration %s: %s", c.TournamentID, reason(c.Rungs)))
	}
	return nil
}

// Health implements host.Checker: tournaments that come to nothing are findings, and so are calibrations that fail; only looks that do not end are this
// daemon's illness.
func (d *daemon) Health(context.Context) spec.Health {
	last, health, ended := d.Last("look")
	if !ended {
		return health
	}
	health.Findings, health.Details["open"], health.Details["calibrations"] = last.findings, last.openNow, last.calibrations
	if health.Status == spec.HealthOK && len(last.findings) > 0 {
		health.Status, health.Message = spec.HealthDegraded, "tournaments come to nothing, or baselines do not score as they should"
	}
	return health
}
