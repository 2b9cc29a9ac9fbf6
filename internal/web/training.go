package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const (
	lookPause   = time.Second
	lookTimeout = 5 * time.Second
	noLedger    = "the ledger does not answer: the worker's log says why"
)

// scene is all that the page shows, at one moment.
type scene struct {
	documents map[string]json.RawMessage // by the name of their event; those of the ledger are missing if fault is set
	fault     error                      // why the ledger could not be read
}

// survey looks at everything that the page shows.
func (s *Server) survey(ctx context.Context) scene {
	seen := scene{documents: map[string]json.RawMessage{}}
	limited, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	if training, err := s.sources.Training.Look(limited); err != nil {
		seen.fault = err
	} else {
		seen.add("loop", training.Loop)
		seen.add("models", training.Models)
		seen.add("ratings", training.Ratings)
	}
	seen.add("daemons", s.graph())
	if ctx.Err() == nil { // at the end of the process everything fails
		s.reportFault(seen.fault)
	}
	return seen
}

func (s *scene) add(name string, document any) {
	text, err := json.Marshal(document)
	if err != nil {
		s.fault = fmt.Errorf("write %s as JSON: %w", name, err)
		return
	}
	s.documents[name] = text
}

// reportFault logs a fault of the ledger once, however often it is met.
func (s *Server) reportFault(fault error) {
	text := ""
	if fault != nil {
		text = fault.Error()
	}
	if text != s.fault && text != "" {
		s.logger.Warn("the training cannot be shown", "error", fault)
	}
	s.fault = text
}

// document is GET /loop, /models and /ratings: what the starter prints under that name with -o json.
func (s *Server) document(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*lookTimeout)
		defer cancel()
		latest, err := s.lookout.since(ctx, time.Now().Add(-lookPause))
		if err != nil || latest.Seen.documents[name] == nil {
			w.Header().Set("Retry-After", "2")
			writeFault(w, http.StatusServiceUnavailable, noLedger)
			return
		}
		writeJSON(w, http.StatusOK, latest.Seen.documents[name])
	}
}
