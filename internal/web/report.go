package web

import (
	"cmp"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// report is one daemon as a prober sees it.
type report struct {
	Node  string     `json:"node,omitempty"`
	Phase spec.Phase `json:"phase"`
	Ready bool       `json:"ready"`
	// Healthy is null while nobody can tell, and for a daemon that is not meant to run.
	Healthy       *bool             `json:"healthy"`
	Health        spec.HealthStatus `json:"health"`
	Message       string            `json:"message,omitempty"`
	Findings      []string          `json:"findings,omitempty"`
	HealthAt      time.Time         `json:"health_at,omitzero"`
	Since         time.Time         `json:"since,omitzero"`
	UptimeSeconds float64           `json:"uptime_seconds,omitempty"`
	RestartCount  int               `json:"restart_count"`
	MaxRestarts   int               `json:"max_restarts"`
	LastError     string            `json:"last_error,omitempty"`
	BlockedOn     []spec.Type       `json:"blocked_on,omitempty"`
	NextTryAt     time.Time         `json:"next_try_at,omitzero"`
	Members       []*report         `json:"members,omitempty"`
}

func newReport(info spec.Info, now time.Time) *report {
	info = info.At(now)
	out := &report{
		Node: info.Node, Phase: info.Phase, Ready: info.Ready, Healthy: healthy(info),
		Health: lastVerdict(info), Message: info.Health.Message,
		Findings: info.Health.Findings, HealthAt: info.Health.At, Since: info.Since,
		RestartCount: info.RestartCount, MaxRestarts: info.MaxRestarts, LastError: info.LastError,
		BlockedOn: info.BlockedOn, NextTryAt: info.NextTryAt,
	}
	if info.Phase == spec.PhaseRunning && !info.Since.IsZero() {
		out.UptimeSeconds = now.Sub(info.Since).Seconds()
	}
	for _, member := range info.Members {
		out.Members = append(out.Members, newReport(member, now))
	}
	return out
}

// lastVerdict is unknown for a daemon that is not there: what it said of itself before it failed is no news.
func lastVerdict(info spec.Info) spec.HealthStatus {
	switch info.Phase {
	case spec.PhaseStarting, spec.PhaseRunning, spec.PhaseStopping:
		return cmp.Or(info.Health.Status, spec.HealthUnknown)
	}
	return spec.HealthUnknown
}

// healthy is yes, no, or nil for unknown and for what is not meant to run.
func healthy(info spec.Info) *bool {
	yes, no := true, false
	switch info.Phase {
	case spec.PhaseCompleted:
		return &yes
	case spec.PhaseFailed, spec.PhaseProbing, spec.PhaseRestarting, spec.PhaseBlocked, spec.PhaseUnavailable:
		return &no
	case spec.PhaseRunning:
		if info.Kind == spec.KindGroup {
			return groupHealthy(info.Members)
		}
		return verdict(info.Health.Status, &yes, &no)
	}
	return nil
}

func verdict(status spec.HealthStatus, yes, no *bool) *bool {
	switch status {
	case spec.HealthOK, spec.HealthDegraded:
		return yes
	case spec.HealthUnhealthy, spec.HealthWaiting:
		return no
	}
	return nil
}

// groupHealthy is no if one member is not healthy, and unknown if one of them is.
func groupHealthy(members []spec.Info) *bool {
	var all *bool
	for i, member := range members {
		one := healthy(member)
		if one != nil && !*one {
			return one
		}
		if i == 0 || one == nil {
			all = one
		}
	}
	return all
}
