package promotion

import (
	"fmt"
	"strconv"
)

// Gate is one condition of a verdict.
type Gate struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	// Missing says that the gate is not passed because what it asks about is unknown.
	Missing   bool   `json:"missing,omitempty"`
	Actual    string `json:"actual"` // Unknown if that is missing
	Threshold string `json:"threshold"`
	Reason    string `json:"reason"`
}

// Unknown is the actual value of a gate whose evidence is missing.
const Unknown = "unknown"

func decided(passed bool, actual, threshold, reason string, args ...any) Gate {
	return Gate{Passed: passed, Actual: actual, Threshold: threshold, Reason: fmt.Sprintf(reason, args...)}
}

func missing(threshold, reason string, args ...any) Gate {
	return Gate{Missing: true, Actual: Unknown, Threshold: threshold, Reason: fmt.Sprintf(reason, args...)}
}

// known judges a fact that is true or false, or unknown.
func known(fact *bool, want bool, about, yes, no string) Gate {
	threshold := strconv.FormatBool(want)
	if fact == nil {
		return missing(threshold, "it is unknown whether %s", about)
	}
	reason := no
	if *fact {
		reason = yes
	}
	return decided(*fact == want, strconv.FormatBool(*fact), threshold, "%s", reason)
}

// Numbers are rounded, so that a verdict is the same on every machine.
func rate(value float64) string   { return strconv.FormatFloat(value, 'f', 4, 64) }
func elo(value float64) string    { return strconv.FormatFloat(value, 'f', 1, 64) }
func count(value int64) string    { return strconv.FormatInt(value, 10) }
func atLeast(value string) string { return "≥ " + value }
func short(id string) string      { return id[:min(len(id), 8)] }

// firstNotPassed returns the gate that decides against.
func firstNotPassed(gates []Gate) (Gate, bool) {
	for _, gate := range gates {
		if !gate.Passed {
			return gate, true
		}
	}
	return Gate{}, false
}
