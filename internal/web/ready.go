package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// readyBody is the answer of /ready: what keeps the fleet from being ready, by kind.
type readyBody struct {
	Ready    bool        `json:"ready"`
	Reason   string      `json:"reason,omitempty"`
	Critical []spec.Type `json:"critical"`
	Missing  []spec.Type `json:"missing"`
	Failed   []spec.Type `json:"failed"`
	Blocked  []spec.Type `json:"blocked"`
	View     origin      `json:"view"`
}

// ready is 200 only if every critical daemon of the active set is known to run.
func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	now, view := time.Now(), s.cluster.Load()
	body := readyBody{
		Critical: []spec.Type{}, Missing: []spec.Type{}, Failed: []spec.Type{}, Blocked: []spec.Type{},
		View: s.origin(view, now),
	}
	if view != nil {
		for _, info := range s.fleet(view) {
			body.add(info, s.critical(view, info.Daemon))
		}
	}
	body.Reason = body.reason(view)
	body.Ready = body.Reason == ""
	writeJSON(w, okOr(body.Ready, http.StatusServiceUnavailable), body)
}

func (s *Server) critical(view *ClusterView, daemon spec.Type) bool {
	row, found := s.row(view, daemon)
	return found && row.Critical
}

func (b *readyBody) add(info spec.Info, critical bool) {
	if !critical {
		return
	}
	b.Critical = append(b.Critical, info.Daemon)
	switch info.Phase {
	case spec.PhaseRunning, spec.PhaseCompleted:
	case spec.PhaseFailed, spec.PhaseProbing:
		b.Failed = append(b.Failed, info.Daemon)
	case spec.PhaseBlocked:
		b.Blocked = append(b.Blocked, info.Daemon)
	default:
		b.Missing = append(b.Missing, info.Daemon)
	}
}

// reason is empty if the fleet is ready. Not knowing is a reason.
func (b *readyBody) reason(view *ClusterView) string {
	out := len(b.Missing) + len(b.Failed) + len(b.Blocked)
	switch {
	case view == nil:
		return "the state of the fleet is unknown: there is no view of the cluster"
	case b.View.Stale:
		return fmt.Sprintf("the state of the fleet is unknown: the view of the cluster is %.0f s old", *b.View.AgeSeconds)
	case view.Status.Fleet != spec.FleetUp:
		return "the fleet is down"
	case len(b.Critical) == 0:
		return "no critical daemon is part of the fleet"
	case out > 0:
		return fmt.Sprintf("%d of %d critical daemons are not running", out, len(b.Critical))
	}
	return ""
}
