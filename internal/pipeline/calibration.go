package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/rating"
)

// The verdicts of calibrations.
const (
	CalibrationHolds = "holds" // the baselines score against each other as they should
	CalibrationFails = "fails" // one of them surely does not
	CalibrationOpen  = "open"  // the games do not tell
)

// calibrations of a configuration, the newest, are looked through for one of a harness.
const calibrations = 50

// Calibration is whether the baselines of a configuration score against each other as they should, and what they are rated
// by that. TOURNAMENT_DAEMON alone makes them.
type Calibration struct {
	TournamentID string `json:"tournament_id"` // whose games it rests on, its natural key
	ConfigKey    string `json:"config_key"`
	Harness      string `json:"harness"`  // under which its games are rated
	Workload     string `json:"workload"` // the hash of the workload whose baselines they are
	Verdict      string `json:"verdict"`
	Rungs        []Rung `json:"rungs"`
	// Anchors are the ratings of the baselines, in Elo, that hold from here on, by name: those of the first calibration of
	// a workload that holds, so that ratings of different times compare. Before it there are none.
	Anchors map[string]float64 `json:"anchors,omitempty"`
	// At is when it was decided, by the ledger's clock.
	At time.Time `json:"-"`
}

// Rung is one step of the ladder of baselines: how a stronger one scores against the next weaker one.
type Rung struct {
	Stronger string       `json:"stronger"`
	Weaker   string       `json:"weaker"`
	Expected float64      `json:"expected"` // the share of the points, of which it must reach Least
	Least    float64      `json:"least"`
	Score    rating.Score `json:"score"` // of the stronger one, alone against the other
	Verdict  string       `json:"verdict"`
}

// String tells what a rung has come to.
func (r Rung) String() string {
	reached, _ := r.Score.Rate()
	low, high, _ := r.Score.Interval()
	return fmt.Sprintf("%s wins %.3f (%.3f to %.3f) of %d games against %s, at least %.3f of an expected %.3f is needed",
		r.Stronger, reached, low, high, r.Score.Games(), r.Weaker, r.Least, r.Expected)
}

// Calibrate keeps a calibration, unless there is one of its tournament, and returns the one that counts.
func Calibrate(ctx context.Context, session *ledger.Session, c Calibration, reason string) (Calibration, error) {
	inputs, err := json.Marshal(c)
	if err != nil {
		return c, fmt.Errorf("encode calibration %s: %w", c.TournamentID, err)
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: DecisionCalibration, Key: c.TournamentID, ConfigKey: c.ConfigKey, Inputs: inputs, Verdict: c.Verdict, Reason: reason,
	})
	if err != nil {
		return c, err
	}
	return calibrationOf(stored)
}

// CalibrationOf returns the calibration that rests on a tournament, or ledger.ErrNotFound.
func CalibrationOf(ctx context.Context, l *ledger.Ledger, tournamentID string) (Calibration, error) {
	stored, err := l.Decision(ctx, DecisionCalibration, tournamentID)
	if err != nil {
		return Calibration{}, err
	}
	return calibrationOf(stored)
}

// NewestCalibration returns the newest calibration of a configuration under a harness that is as asked for, or
// ledger.ErrNotFound.
func NewestCalibration(ctx context.Context, l *ledger.Ledger, configKey, harness string, is func(Calibration) bool) (Calibration, error) {
	list, err := l.Decisions(ctx, DecisionCalibration, configKey, ledger.Page{Limit: calibrations})
	if err != nil {
		return Calibration{}, err
	}
	for _, stored := range list.Items {
		c, err := calibrationOf(stored)
		if err != nil {
			return c, err
		}
		if c.Harness == harness && is(c) {
			return c, nil
		}
	}
	return Calibration{}, fmt.Errorf("calibration of %s under %s: %w", configKey, harness, ledger.ErrNotFound)
}

// Calibrated says whether the baselines of a configuration score as they should under a harness, by the newest calibration
// that has decided it; nil: unknown.
func Calibrated(ctx context.Context, l *ledger.Ledger, configKey, harness string) (*bool, error) {
	c, err := NewestCalibration(ctx, l, configKey, harness, func(c Calibration) bool { return c.Verdict != CalibrationOpen })
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	holds := c.Verdict == CalibrationHolds
	return &holds, err
}

// Anchors are the ratings that the baselines of a workload have by calibration; nil: there was none that holds.
func Anchors(ctx context.Context, l *ledger.Ledger, configKey, harness, workload string) (map[string]float64, error) {
	c, err := NewestCalibration(ctx, l, configKey, harness, func(c Calibration) bool { return c.Workload == workload && len(c.Anchors) > 0 })
	if errors.Is(err, ledger.ErrNotFound) {
		return nil, nil
	}
	return c.Anchors, err
}

func calibrationOf(stored ledger.Decision) (c Calibration, err error) {
	if err := json.Unmarshal(stored.Inputs, &c); err != nil {
		return c, fmt.Errorf("calibration %s in the ledger: %w", stored.Key, err)
	}
	c.At = stored.DecidedAt
	return c, nil
}
