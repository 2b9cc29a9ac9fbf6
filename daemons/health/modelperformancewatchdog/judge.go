package modelperformancewatchdog

// The severities. Cleared ends an alarm.
const (
	fine     = ""
	moderate = "moderate"
	severe   = "severe"
	cleared  = "cleared"
)

// leastGames are needed for a measurement to say something.
const leastGames = 20

// verdict is how a model does against the baseline, by its newest measurement.
type verdict struct {
	Severity    string      `json:"severity"`
	Measured    measurement `json:"measured"`
	Share       float64     `json:"share"`     // of the points
	Threshold   float64     `json:"threshold"` // that it is to reach
	Consecutive int         `json:"consecutive"`
	// Better is a model that was in office before and is known to be better; empty: there is none.
	Better string `json:"better,omitempty"`
	// Because says by which games it is better, or that none is known to be.
	Because string `json:"because,omitempty"`
}

// judge looks at the measurements of a model, the newest last. It is false if nothing is known.
func (s Settings) judge(measured []measurement) (verdict, bool) {
	var v verdict
	known := false
	for i := len(measured) - 1; i >= 0; i-- {
		share, ok := measured[i].Score.Rate()
		if !ok || measured[i].Score.Games() < leastGames {
			continue
		}
		severity := s.severity(share, measured[i].Score.Players)
		if !known {
			known, v = true, verdict{
				Severity: severity, Measured: measured[i], Share: share, Threshold: among(s.DegradedShare, measured[i].Score.Players),
			}
		}
		if severity == fine {
			break
		}
		v.Consecutive++
	}
	return v, known
}

func (s Settings) severity(share float64, players int) string {
	switch {
	case share < among(s.SevereShare, players):
		return severe
	case share < among(s.DegradedShare, players):
		return moderate
	}
	return fine
}

// among is the share that somebody wins against several equal opponents who wins a given share against one of them.
func among(share float64, players int) float64 {
	if players == 2 || share >= 1 {
		return share
	}
	odds := share / (1 - share)
	return odds / (odds + float64(players) - 1)
}
