package metricsanalysis

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/ledger"
)

const (
	// decisionCurve is the kind of the decisions that changes are kept as.
	decisionCurve = "curve_state"
	// recentChanges of a configuration are looked through for the last one of each curve.
	recentChanges = 100
	// maxOdd points are told of one change.
	maxOdd = 10
)

// state is what was told of a curve.
type state struct {
	Subject    string `json:"subject"`
	Plateau    bool   `json:"plateau"`
	Regression string `json:"regression,omitempty"`
	LastOdd    int64  `json:"last_odd"` // the step of the newest odd point
}

// change is the step from one state of a curve to the next, and what it follows from.
type change struct {
	// Sequence numbers the changes of a curve, from 1: with it that is their natural key.
	Sequence int64   `json:"sequence"`
	Metric   string  `json:"metric"`
	Before   state   `json:"before"`
	Now      state   `json:"now"`
	Reading  reading `json:"reading"`

	key string
	at  time.Time
}

// after is the change that a reading makes to what was told last, nil for nothing; false: it makes none. Odd points are
// compared by their steps, so that a curve whose window has moved does not tell of them again.
func after(last *change, c curve, read reading) (change, bool) {
	next := change{Sequence: 1, Metric: c.metric, Reading: read}
	if last != nil {
		next.Sequence, next.Before = last.Sequence+1, last.Now
	}
	next.Now = state{Subject: c.subject, Plateau: read.Plateau, Regression: read.Regression}
	if next.Before.Subject == c.subject {
		next.Now.LastOdd = next.Before.LastOdd
	}
	news := slices.DeleteFunc(slices.Clone(read.Odd), func(one odd) bool { return one.Step <= next.Now.LastOdd })
	next.Reading.Odd = news[max(0, len(news)-maxOdd):]
	if len(news) > 0 {
		next.Now.LastOdd = news[len(news)-1].Step
	}
	return next, next.Now != next.Before
}

// lastChanges are those of the curves of a configuration, by metric.
func lastChanges(ctx context.Context, l *ledger.Ledger, configKey string) (map[string]*change, error) {
	stored, err := l.Decisions(ctx, decisionCurve, configKey, ledger.Page{Limit: recentChanges})
	if err != nil {
		return nil, err
	}
	last := map[string]*change{}
	for _, one := range stored.Items {
		found, err := readChange(one)
		if err != nil {
			return nil, err
		}
		if last[found.Metric] == nil || last[found.Metric].Sequence < found.Sequence {
			last[found.Metric] = found
		}
	}
	return last, nil
}

func readChange(stored ledger.Decision) (*change, error) {
	found := &change{key: stored.Key, at: stored.DecidedAt}
	if err := json.Unmarshal(stored.Inputs, found); err != nil {
		return nil, fmt.Errorf("read change %s: %w", stored.Key, err)
	}
	return found, nil
}

// keep puts a change on record. Whoever was here before has kept the one that counts.
func keep(ctx context.Context, session *ledger.Session, configKey string, next change) (*change, error) {
	inputs, err := json.Marshal(next)
	if err != nil {
		return nil, fmt.Errorf("encode a change of %s: %w", next.Metric, err)
	}
	stored, _, err := session.Decide(ctx, ledger.Decision{
		Kind: decisionCurve, Key: fmt.Sprintf("%s/%s/%d", configKey, next.Metric, next.Sequence), ConfigKey: configKey,
		Inputs: inputs, Verdict: next.verdict(), Reason: next.text(),
	})
	if err != nil {
		return nil, err
	}
	return readChange(stored)
}

func (c change) verdict() string {
	switch {
	case c.Now.Regression != "":
		return "regression"
	case c.Now.Plateau:
		return "plateau"
	}
	return "on course"
}

// text tells what the curve says.
func (c change) text() string {
	return fmt.Sprintf("%s of %s is %.4g after %d points, the best was %.4g, %d points ago", c.Metric, c.Now.Subject,
		c.Reading.Current, c.Reading.Points, c.Reading.Best, c.Reading.SinceBest)
}
