package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// lookBody is sent with every look: it proves that the page is live, and tells the time by which ages are counted.
type lookBody struct {
	At       time.Time      `json:"at"`
	Node     string         `json:"node"`
	Temporal temporalReport `json:"temporal"`
	View     origin         `json:"view"`
	Fault    string         `json:"fault,omitempty"` // why there is nothing new of the training
}

// live is GET /live: what the page shows as server-sent events. Each document is sent when the client comes and when
// it has changed, all of it: a client that comes back needs no history.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	out, leave := s.openStream(w, r, s.viewers)
	if out == nil {
		return
	}
	defer leave()
	s.logger.Debug("GET /live ended", "client", r.RemoteAddr, "error", s.show(r.Context(), out))
}

// show goes on until the client or the server ends, and returns how.
func (s *Server) show(ctx context.Context, out *eventWriter) error {
	sent := map[string]json.RawMessage{}
	if err := out.write(reconnectHint); err != nil {
		return err
	}
	for oldest := time.Now().Add(-lookPause); ; {
		latest, err := s.lookout.since(ctx, oldest)
		if err != nil {
			return err
		}
		if err := s.send(out, latest, sent); err != nil {
			return err
		}
		oldest = latest.At.Add(1)
	}
}

func (s *Server) send(out *eventWriter, latest *sighting[scene], sent map[string]json.RawMessage) error {
	for _, name := range []string{"loop", "ratings", "models", "daemons"} {
		document := latest.Seen.documents[name]
		if document == nil || bytes.Equal(document, sent[name]) {
			continue
		}
		if err := out.document(name, document); err != nil {
			return err
		}
		sent[name] = document
	}
	return s.sendLook(out, latest)
}

func (s *Server) sendLook(out *eventWriter, latest *sighting[scene]) error {
	now := time.Now()
	look := lookBody{At: now.UTC(), Node: s.cfg.Node, Temporal: s.temporal(now), View: s.origin(s.cluster.Load(), now)}
	if latest.Seen.fault != nil {
		look.Fault = noLedger
	}
	text, err := json.Marshal(look)
	if err != nil {
		return fmt.Errorf("encode the look: %w", err)
	}
	return out.document("look", text)
}

// document sends one document, which has no line breaks.
func (o *eventWriter) document(name string, text json.RawMessage) error {
	return o.write(fmt.Sprintf("event: %s\ndata: %s\n\n", name, text))
}
