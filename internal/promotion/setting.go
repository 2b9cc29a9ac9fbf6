package promotion

import (
	"fmt"
	"strings"
	"time"
)

func policyIsValid(_ Evidence, p Policy) Gate { return validity("policy", p.Validate()) }

func evidenceIsValid(e Evidence, _ Policy) Gate { return validity("evidence", e.validate()) }

// validity judges nothing by what cannot be.
func validity(of string, err error) Gate {
	threshold := of + " without contradictions"
	if err != nil {
		return decided(false, "contradictions", threshold, "the %s cannot be: %s", of, strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	return decided(true, "none", threshold, "the %s has no contradictions", of)
}

func dataIsGood(e Evidence, p Policy) Gate {
	if !p.DemandQuality {
		return decided(true, "not asked", "not demanded", "the policy does not ask for the quality of the data")
	}
	threshold := fmt.Sprintf("%s over %s games", atLeast(rate(p.Quality)), atLeast(count(p.QualityGames)))
	if e.Quality == nil {
		return missing(threshold, "the quality of the data is unknown")
	}
	good := e.Quality.Mean >= p.Quality && e.Quality.Games >= p.QualityGames
	return decided(good, rate(e.Quality.Mean)+" over "+count(e.Quality.Games)+" games", threshold,
		"the data has quality %s over %d games", rate(e.Quality.Mean), e.Quality.Games)
}

// baselinesAreCalibrated never passes a calibration that fails; whether there has to be one, the policy says.
func baselinesAreCalibrated(e Evidence, p Policy) Gate {
	if e.Calibrated == nil && !p.DemandCalibration {
		return decided(true, Unknown, "not failing", "there is no calibration yet, and the policy does not demand one")
	}
	return known(e.Calibrated, true, "the baselines are calibrated", "the baselines score as they should", "the calibration of the baselines fails")
}

func cooledDown(e Evidence, p Policy) Gate {
	threshold := fmt.Sprintf("≥ %g s", p.CooldownSeconds)
	if e.Canonical == nil || e.Canonical.MovedAt.IsZero() {
		return missing(threshold, "it is unknown when the canonical pointer moved")
	}
	since := e.JudgedAt.Sub(e.Canonical.MovedAt).Round(time.Millisecond)
	return decided(since.Seconds() >= p.CooldownSeconds, fmt.Sprintf("%g s", since.Seconds()), threshold,
		"the canonical pointer moved %s ago", since)
}
