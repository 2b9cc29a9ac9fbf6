package feedback

import (
	"encoding/json"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

// anomaly is one of a training run.
type anomaly struct {
	bus.TrainingLossAnomaly
	at time.Time
}

// newestRun is the last anomaly there was, and how many its run has had. The proposals come newest first.
func newestRun(proposals []Proposal) (last anomaly, count int) {
	for _, one := range proposals {
		var payload bus.TrainingLossAnomaly
		if one.Name != payload.EventName() || json.Unmarshal(one.Payload, &payload) != nil {
			continue
		}
		if count == 0 {
			last = anomaly{payload, one.At}
		}
		if payload.RunID == last.RunID {
			count++
		}
	}
	return last, count
}
