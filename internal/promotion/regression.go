package promotion

import (
	"fmt"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/rating"
)

// Regression is what one check says.
type Regression string

// What a check says. One that knows too little says nothing: it neither counts nor clears.
const (
	Worse      Regression = "worse"
	Steady     Regression = "steady"
	Undetected Regression = "unknown"
)

// Regressed tells what a check says about a model on a board of a config: it is worse if its rating fell too far
// or if it lost too often, over enough games.
func Regressed(check Check, configKey string, policy GuardPolicy) Regression {
	if check.Score == nil || check.Score.Games() < policy.CheckGames {
		return Undetected
	}
	reached, _ := check.Score.Rate()
	lost := reached < rating.Expected(policy.LossElo, check.Score.Players)
	switch {
	case lost:
		return Worse
	case check.Rating == nil || check.Reference == nil:
		return Undetected
	case *check.Reference-*check.Rating >= policy.dropAt(configKey, *check.Reference):
		return Worse
	}
	return Steady
}

// dropAt is the loss of rating that is a regression.
func (p GuardPolicy) dropAt(configKey string, reference float64) float64 {
	board, _, _ := strings.Cut(configKey, "_")
	drop, listed := p.DropByBoard[board]
	if !listed {
		drop = p.Drop
	}
	switch {
	case reference < 700:
		return 1.5 * drop
	case reference > 1500:
		return 0.7 * drop
	}
	return drop
}

// regressions counts the newest checks in a row that found the model in production worse.
func regressions(e GuardEvidence, p GuardPolicy) (row int) {
	for _, check := range e.Checks {
		if e.Production == nil || check.ModelID != e.Production.ModelID {
			continue
		}
		switch Regressed(check, e.ConfigKey, p) {
		case Worse:
			row++
		case Steady:
			row = 0
		}
	}
	return row
}

func rollbackTests() []guardTest {
	return []guardTest{
		{"policy", guardPolicyIsValid}, {"evidence", guardEvidenceIsValid}, {"fallback", fallbackIsThere},
		{"fallback_loads", fallbackLoads}, {"fallback_quarantine", fallbackIsFree},
		{"cooldown", rollbackCooledDown}, {"daily_limit", rollbacksAreFew}, {"regression", regressionIsProven},
	}
}

func regressionIsProven(e GuardEvidence, p GuardPolicy) Gate {
	row := regressions(e, p)
	return decided(row >= p.Consecutive, count(int64(row)), atLeast(count(int64(p.Consecutive)))+" in a row",
		"%d checks in a row found the model in production worse", row)
}

func fallbackIsThere(e GuardEvidence, _ GuardPolicy) Gate {
	const threshold = "another model than production"
	if e.Fallback == nil {
		return missing(threshold, "no model is known that was in production before")
	}
	return decided(e.Fallback.ModelID != "" && e.Fallback.ModelID != e.Production.ModelID, e.Fallback.ModelID, threshold,
		"the fallback is %s, in production is %s", short(e.Fallback.ModelID), short(e.Production.ModelID))
}

func fallbackLoads(e GuardEvidence, _ GuardPolicy) Gate {
	var loads *bool
	if e.Fallback != nil {
		loads = e.Fallback.Loads
	}
	return known(loads, true, "the fallback loads", "the workload reads the fallback", "the workload cannot read the fallback")
}

func fallbackIsFree(e GuardEvidence, _ GuardPolicy) Gate {
	var quarantined *bool
	if e.Fallback != nil {
		quarantined = e.Fallback.Quarantined
	}
	return known(quarantined, false, "the fallback is in quarantine", "the fallback is in quarantine", "the fallback is not in quarantine")
}

func rollbackCooledDown(e GuardEvidence, p GuardPolicy) Gate {
	threshold := fmt.Sprintf("≥ %g s", p.RollbackCooldownSeconds)
	if e.Rollbacks == nil {
		return missing(threshold, "it is unknown when production was rolled back")
	}
	if len(e.Rollbacks) == 0 {
		return decided(true, "never", threshold, "production was not rolled back lately")
	}
	last := e.Rollbacks[0]
	for _, at := range e.Rollbacks {
		if at.After(last) {
			last = at
		}
	}
	since := e.JudgedAt.Sub(last).Round(time.Millisecond)
	return decided(since.Seconds() >= p.RollbackCooldownSeconds, fmt.Sprintf("%g s", since.Seconds()), threshold, "production was rolled back %s ago", since)
}

func rollbacksAreFew(e GuardEvidence, p GuardPolicy) Gate {
	threshold := fmt.Sprintf("< %d in 24 h", p.RollbacksPerDay)
	if e.Rollbacks == nil {
		return missing(threshold, "it is unknown when production was rolled back")
	}
	today := 0
	for _, at := range e.Rollbacks {
		if e.JudgedAt.Sub(at) < 24*time.Hour {
			today++
		}
	}
	return decided(today < p.RollbacksPerDay, count(int64(today)), threshold, "production was rolled back %d times within 24 hours", today)
}
