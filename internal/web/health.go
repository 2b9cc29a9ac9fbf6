package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// healthBody is the answer of /health.
type healthBody struct {
	Alive    bool                  `json:"alive"`
	Node     string                `json:"node"`
	At       time.Time             `json:"at"`
	Temporal temporalReport        `json:"temporal"`
	Worker   Worker                `json:"worker"`
	View     origin                `json:"view"`
	Daemons  map[spec.Type]*report `json:"daemons"`
}

type temporalReport struct {
	OK          bool      `json:"ok"`
	LastContact time.Time `json:"last_contact,omitzero"`
}

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

// health says whether this process is of use: it serves, and Temporal answers it.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	now, view := time.Now(), s.cluster.Load()
	body := healthBody{
		Alive: true, Node: s.cfg.Node, At: now.UTC(), Temporal: s.temporal(now),
		Worker: s.sources.Local.Worker(), View: s.origin(view, now), Daemons: map[spec.Type]*report{},
	}
	for _, info := range s.fleet(view) {
		body.Daemons[info.Daemon] = newReport(info, now)
	}
	writeJSON(w, okOr(body.Temporal.OK, http.StatusServiceUnavailable), body)
}

// daemonHealth is /health/<TYPE>: 200 only for a daemon that is known to be healthy.
func (s *Server) daemonHealth(w http.ResponseWriter, r *http.Request) {
	row, err := s.sources.Catalog.Find(r.PathValue("type"))
	if err != nil {
		body := fault{Error: err.Error()}
		if unknown := (*spec.UnknownType)(nil); errors.As(err, &unknown) {
			body.Suggestion = string(unknown.Suggestion)
		}
		writeJSON(w, http.StatusNotFound, body)
		return
	}
	now, view := time.Now(), s.cluster.Load()
	for _, info := range s.fleet(view) {
		if info.Daemon == row.Type {
			s.writeDaemon(w, newReport(info, now), row.Type, s.origin(view, now))
			return
		}
	}
	s.writeAbsent(w, row, view)
}

func (s *Server) writeDaemon(w http.ResponseWriter, found *report, daemon spec.Type, view origin) {
	healthy := found.Healthy != nil && *found.Healthy
	writeJSON(w, okOr(healthy, http.StatusServiceUnavailable), struct {
		Daemon spec.Type `json:"daemon"`
		*report
		View origin `json:"view"`
	}{daemon, found, view})
}

// writeAbsent answers for a known type that does not run: without a view nobody can say why.
func (s *Server) writeAbsent(w http.ResponseWriter, row spec.Daemon, view *ClusterView) {
	switch {
	case row.Deprecated:
		message := fmt.Sprintf("%s is deprecated: %s", row.Type, row.DeprecatedMessage)
		writeJSON(w, http.StatusNotFound, fault{Error: message, Suggestion: string(row.Replacement)})
	case view == nil:
		writeFault(w, http.StatusServiceUnavailable, fmt.Sprintf("%s does not run in this process, and there is no view of the cluster", row.Type))
	default:
		writeFault(w, http.StatusNotFound, fmt.Sprintf("%s (%s) is not part of this fleet", row.Type, row.Status))
	}
}

func (s *Server) temporal(now time.Time) temporalReport {
	last := s.sources.Temporal.LastContact()
	return temporalReport{OK: !last.IsZero() && now.Sub(last) <= s.cfg.ContactWithin, LastContact: last}
}

func newReport(info spec.Info, now time.Time) *report {
	info = info.At(now)
	out := &report{
		Node: info.Node, Phase: info.Phase, Ready: info.Ready, Healthy: healthy(info),
		Health: cmp.Or(info.Health.Status, spec.HealthUnknown), Message: info.Health.Message,
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
