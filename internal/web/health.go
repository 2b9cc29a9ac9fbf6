package web

import (
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
	now, view := time.Now(), s.cluster.Load()
	row, err := s.find(view, r.PathValue("type"))
	if err != nil {
		body := fault{Error: err.Error()}
		if unknown := (*spec.UnknownType)(nil); errors.As(err, &unknown) {
			body.Suggestion = string(unknown.Suggestion)
		}
		writeJSON(w, http.StatusNotFound, body)
		return
	}
	for _, info := range s.fleet(view) {
		if info.Daemon == row.Type {
			s.writeDaemon(w, newReport(info, now), row.Type, s.origin(view, now))
			return
		}
	}
	s.writeAbsent(w, row, view)
}

// find takes a name as people type it, of the fleet or of this build.
func (s *Server) find(view *ClusterView, input string) (spec.Daemon, error) {
	if row, err := s.table(view).Find(input); err == nil {
		return row, nil
	}
	return s.sources.Catalog.Find(input)
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
