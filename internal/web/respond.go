package web

import (
	"encoding/json"
	"net/http"
)

// fault is the body of every answer that is not a success.
type fault struct {
	Error string `json:"error"`
	// Suggestion is the nearest name that would have been right.
	Suggestion string `json:"suggestion,omitempty"`
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	text, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		code, text = http.StatusInternalServerError, []byte(`{"error": "the answer cannot be written as JSON"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	// The client may be gone; there is nobody left to tell.
	_, _ = w.Write(append(text, '\n'))
}

func writeFault(w http.ResponseWriter, code int, message string) {
	writeJSON(w, code, fault{Error: message})
}

// okOr picks the status code of a probe.
func okOr(ok bool, otherwise int) int {
	if ok {
		return http.StatusOK
	}
	return otherwise
}
