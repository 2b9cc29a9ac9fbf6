package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/ringrift/orchestrator/internal/daemonlog"
)

// jobLogs is GET /jobs/<ID>/logs: what an attempt of a job has told on this node, sent as by GET /logs. ?attempt=N picks
// one, otherwise it is the last that ran here; ?errors=1 picks its standard error. A log in which nothing was written
// yet ends at once, also when it is followed; when an attempt is over the ledger tells.
func (s *Server) jobLogs(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(HeaderNode, s.cfg.Node)
	var request logRequest
	var faults bool
	id := r.PathValue("id")
	number, err := attemptNumber(r.URL.Query().Get("attempt"))
	if err := errors.Join(daemonlog.CheckJob(id), err, request.read(r, "errors", &faults)); err != nil {
		writeFault(w, http.StatusBadRequest, err.Error())
		return
	}
	found, err := daemonlog.FindAttempt(s.cfg.JobDir, id, number)
	switch {
	case errors.Is(err, daemonlog.ErrNone):
		writeFault(w, http.StatusNotFound, fmt.Sprintf("job %s has no log on node %s: it has not run there", id, s.cfg.Node))
	case err != nil:
		writeFault(w, http.StatusInternalServerError, "the log cannot be read")
	default:
		s.answerLog(w, r, found.Path(faults), request)
	}
}

// attemptNumber is 0 for the last attempt.
func attemptNumber(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 {
		return 0, fmt.Errorf("attempt=%.32q is not a number: give 1 for the first, 0 for the last", text)
	}
	return number, nil
}
