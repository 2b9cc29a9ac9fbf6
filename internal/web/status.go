package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// statusBody is the answer of /status: the supervisor's view and a summary. Without a view only the daemons of
// this process are in it, and Fleet is empty.
type statusBody struct {
	spec.FleetStatus
	Summary map[string]int `json:"summary"` // daemons by phase in lower case, total and ready
	Node    string         `json:"node"`
	Worker  Worker         `json:"worker"`
	View    origin         `json:"view"`
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) {
	now, view := time.Now(), s.cluster.Load()
	body := statusBody{Node: s.cfg.Node, Worker: s.sources.Local.Worker(), View: s.origin(view, now)}
	if view != nil {
		body.FleetStatus = view.Status
	}
	body.Daemons = []spec.Info{}
	for _, info := range s.fleet(view) {
		body.Daemons = append(body.Daemons, info.At(now))
	}
	body.Summary = summarize(body.Daemons)
	writeJSON(w, http.StatusOK, body)
}

func summarize(daemons []spec.Info) map[string]int {
	summary := map[string]int{"total": len(daemons), "ready": 0, "running": 0, "failed": 0, "stopped": 0}
	for _, info := range daemons {
		summary[strings.ToLower(string(info.Phase))]++
		if info.Ready {
			summary["ready"]++
		}
	}
	return summary
}
