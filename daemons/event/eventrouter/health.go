package eventrouter

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// maxLag is how far a subscriber that listens may be behind before somebody should look.
const maxLag = 30 * time.Second

// Health proves that events are stored and read back, and shows who is behind. A bus without events is fine.
func (r *router) Health(ctx context.Context) spec.Health {
	if server := r.embedded(); server != nil {
		if err := server.Healthy(); err != nil {
			return spec.Health{Status: spec.HealthUnhealthy, Message: err.Error()}
		}
	}
	if err := r.client.RoundTrip(ctx); err != nil {
		return r.broken(err)
	}
	state, err := r.client.LogState(ctx)
	if err != nil {
		return r.broken(err)
	}
	return judge(state)
}

// broken is the verdict about a bus that does not answer. An external one is not this daemon's to repair.
func (r *router) broken(err error) spec.Health {
	if r.config.URL != "" {
		return spec.Health{Status: spec.HealthWaiting, Message: err.Error()}
	}
	return spec.Health{Status: spec.HealthUnhealthy, Message: err.Error()}
}

func judge(state bus.LogState) spec.Health {
	health := spec.Health{Status: spec.HealthOK, Details: map[string]any{
		"log_bytes": state.Bytes, "log_events": state.Events, "subscribers": len(state.Lags),
	}}
	var late []string
	for _, lag := range state.Lags {
		behind := lag.Behind.Round(time.Second)
		switch {
		case !lag.Listening && lag.Pending > 0:
			health.Findings = append(health.Findings,
				fmt.Sprintf("%s does not listen: %d events wait for it, the oldest since %s", lag.Subscriber, lag.Pending, behind))
		case lag.Behind > maxLag:
			late = append(late, fmt.Sprintf("%s is %s behind with %d events", lag.Subscriber, behind, lag.Pending))
		}
	}
	if len(late) > 0 {
		slices.Sort(late)
		health.Status, health.Message = spec.HealthDegraded, strings.Join(late, "; ")
	}
	return health
}
