package web

import (
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Here is the answer of GET /daemons: what runs in this process now, with what it uses of the machine.
type Here struct {
	Node    string      `json:"node"`
	Worker  Worker      `json:"worker"`
	At      time.Time   `json:"at"`
	Daemons []spec.Info `json:"daemons"`
}

// here measures anew, for whoever asks every second or two; /status tells what the last health checks have found.
func (s *Server) here(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set(HeaderNode, s.cfg.Node)
	answer := Here{Node: s.cfg.Node, Worker: s.sources.Local.Worker(), Daemons: []spec.Info{}}
	for _, info := range s.sources.Local.Measured() {
		answer.Daemons = append(answer.Daemons, printable(info))
	}
	answer.At = time.Now().UTC()
	writeJSON(w, http.StatusOK, answer)
}
