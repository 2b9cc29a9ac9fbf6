package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ringrift/orchestrator/internal/bus"
)

const publishTimeout = 8 * time.Second

// publish is POST /event. It answers 200 only once the bus has the event for good.
func (s *Server) publish(w http.ResponseWriter, r *http.Request) {
	if !isJSON(r.Header.Get("Content-Type")) {
		writeFault(w, http.StatusUnsupportedMediaType, "send the event with Content-Type: application/json")
		return
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bus.MaxEventBytes))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		writeFault(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("an event has at most %d bytes: publish a reference instead", tooLarge.Limit))
		return
	}
	if err != nil {
		writeFault(w, http.StatusBadRequest, "the body of the request ended too early")
		return
	}
	event, err := s.parseEvent(raw)
	if err != nil {
		writeFault(w, http.StatusBadRequest, err.Error())
		return
	}
	s.handOff(w, r, event)
}

func (s *Server) handOff(w http.ResponseWriter, r *http.Request, event bus.Event) {
	ctx, cancel := context.WithTimeout(r.Context(), publishTimeout)
	defer cancel()
	if err := s.sources.Publisher.PublishEvent(ctx, event); err != nil {
		s.logger.Warn("POST /event: the bus did not take the event", "event_type", event.Name, "error", err)
		w.Header().Set("Retry-After", "2")
		writeFault(w, http.StatusServiceUnavailable,
			"the event bus has not confirmed the event: send it again (with the same occurred_at it is stored once)")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"accepted": true, "event_id": event.ID, "event_type": event.Name})
}

// parseEvent reads what the spool and `publish` take as well.
func (s *Server) parseEvent(raw []byte) (bus.Event, error) {
	if !utf8.Valid(raw) {
		return bus.Event{}, errors.New("the body is not UTF-8: encode it so")
	}
	return s.sources.Publisher.ParseSubmission(raw, bus.Origin{Source: "http", Node: s.cfg.Node})
}

func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && media == "application/json" && (charset == "" || strings.EqualFold(charset, "utf-8"))
}
