package workflows

import (
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// summary is the line that the Web UI shows for a daemon's workflow.
func summary(daemon spec.Daemon, node string) string {
	parts := []string{string(daemon.Category)}
	if daemon.Critical {
		parts = append(parts, "critical")
	}
	switch {
	case node != "":
		parts = append(parts, "on node "+node)
	case daemon.Scope == spec.ScopeNode:
		parts = append(parts, "one on each node")
	default:
		parts = append(parts, "one in the cluster")
	}
	return fmt.Sprintf("%s: %s", daemon.Type, strings.Join(parts, ", "))
}

// staticDetails tells how the daemon is kept and how to command it, for a reader who has only the Web UI.
func staticDetails(daemon spec.Daemon) string {
	var b strings.Builder
	b.WriteString(fmt.Sprintf("Health check every %s, heartbeat timeout %s.", daemon.EffectiveHealthCheckInterval(), daemon.HeartbeatTimeout))
	if daemon.AutoRestart {
		b.WriteString(fmt.Sprintf("\n\nRestarted at most %d times, then tried every %s; %s of health give the budget back.",
			daemon.MaxRestarts, daemon.ProbeInterval, daemon.StabilityWindow))
	} else {
		b.WriteString("\n\nNot restarted when it fails.")
	}
	if len(daemon.DependsOn) > 0 {
		b.WriteString(fmt.Sprintf("\n\nStarts after %v.", daemon.DependsOn))
	}
	b.WriteString(fmt.Sprintf("\n\nSend it a signal: %v.", spec.Verbs()))
	return b.String()
}
