package web

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

//go:embed page.html
var pageText string // filled in by the compiler, never written

// page is GET /: the fleet in one table, and the way to everything else.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	now, view := time.Now(), s.cluster.Load()
	content := struct {
		Node     string
		Temporal temporalReport
		View     origin
		Daemons  []pageRow
	}{s.cfg.Node, s.temporal(now), s.origin(view, now), nil}
	for _, info := range flatten(s.fleet(view)) {
		content.Daemons = append(content.Daemons, pageRow{info, lastVerdict(info)})
	}
	var text bytes.Buffer
	if err := s.template.Execute(&text, content); err != nil {
		s.logger.Error("GET /: render the page", "error", err)
		writeFault(w, http.StatusInternalServerError, "the page cannot be rendered")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(text.Bytes()) // the client may be gone
}

// pageRow is one line of the table.
type pageRow struct {
	spec.Info
	Verdict spec.HealthStatus
}

func parsePage() (*template.Template, error) { return template.New("page").Parse(pageText) }
