package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
)

//go:embed page.html
var pageText string // filled in by the compiler, never written

// page is GET /: the training and the daemons as they are, kept up to date by /live.
func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", s.policy)
	_, _ = w.Write([]byte(pageText)) // the client may be gone
}

// pagePolicy lets a browser run the page's own script, and that ask this server, and nothing else.
func pagePolicy(page string) (string, error) {
	_, rest, opened := strings.Cut(page, "<script>")
	script, _, closed := strings.Cut(rest, "</script>")
	if !opened || !closed {
		return "", errors.New("it has no script")
	}
	sum := sha256.Sum256([]byte(script))
	return "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
		"frame-ancestors 'none'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'", nil
}
