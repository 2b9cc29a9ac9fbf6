package feedbackloop

import (
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
)

// Keep has a daemon find a plan that a test makes up.
func Keep(daemon host.Ticker, plan feedback.Plan) { daemon.(*loop).planner.keep(plan) }
