package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/spec"
)

// The events of GET /logs, beside those without a name, which are lines.
const (
	LogRest = "rest" // the last line, which has no end yet
	LogLost = "lost" // lines between Last-Event-ID and the next one are not there any more
	LogEnd  = "end"  // there is nothing more: what was not followed has ended
)

// HeaderNode names the node that answers: an address may be reached by mistake.
const HeaderNode = "Ringrift-Node"

const (
	defaultLogLines = 200
	logBatch        = 32 << 10 // bytes that are sent at once
	logEnd          = "event: " + LogEnd + "\ndata: \n\n"
)

// logName is what names the log of a daemon. Nothing else becomes a part of a path.
var logName = regexp.MustCompile(`^([A-Z][A-Z0-9_]{0,99})(?:@([A-Za-z0-9][A-Za-z0-9._-]{0,62}))?$`)

// logRequest is what GET /logs/<NAME> asks for.
type logRequest struct {
	daemonlog.Query
	lines  int
	follow bool
	after  *daemonlog.Place // Last-Event-ID; nil without one
}

// logs is GET /logs/<TYPE[@node]>: the log of a daemon that runs, or has run, on this node, as server-sent events, each
// of them a line as a JSON string. ?lines=N begins with the last N, ?follow=1 goes on with those that come,
// ?lifecycle=1 picks what became of a command daemon instead of its output. A client that comes back with
// Last-Event-ID goes on behind that line.
func (s *Server) logs(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(HeaderNode, s.cfg.Node)
	request, err := s.logRequest(r)
	if err != nil {
		writeFault(w, http.StatusBadRequest, err.Error())
		return
	}
	path, err := daemonlog.Find(s.cfg.LogDir, request.Query)
	if err != nil {
		writeNoLog(w, s.cfg.Node, request, err)
		return
	}
	s.answerLog(w, r, path, request)
}

// answerLog sends a log as it was asked for; without a path it is an empty one.
func (s *Server) answerLog(w http.ResponseWriter, r *http.Request, path string, request logRequest) {
	if info, err := os.Stat(path); err == nil {
		w.Header().Set("Last-Modified", info.ModTime().UTC().Format(http.TimeFormat))
	}
	out, leave := s.openStream(w, r, s.readers)
	if out == nil {
		return
	}
	defer leave()
	if err := s.sendLog(r.Context(), out, path, request); err != nil {
		s.logger.Debug("GET "+r.URL.Path+" ended", "client", r.RemoteAddr, "error", err)
	}
}

func (s *Server) logRequest(r *http.Request) (request logRequest, err error) {
	found := logName.FindStringSubmatch(r.PathValue("name"))
	if found == nil {
		return request, fmt.Errorf("%.64q does not name a daemon: write /logs/TYPE or /logs/TYPE@node", r.PathValue("name"))
	}
	request.Query = daemonlog.Query{Daemon: spec.Type(found[1]), Node: found[2], Home: s.cfg.Node}
	return request, request.read(r, "lifecycle", &request.Lifecycle)
}

// read takes over which part of a log is wanted, and a flag that picks one of two logs.
func (request *logRequest) read(r *http.Request, choice string, chosen *bool) (err error) {
	query := r.URL.Query()
	request.lines = defaultLogLines
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		place, err := daemonlog.ParsePlace(id)
		if err != nil {
			return fmt.Errorf("Last-Event-ID: %w", err)
		}
		request.after = &place
	}
	if text := query.Get("lines"); text != "" {
		if request.lines, err = strconv.Atoi(text); err != nil || request.lines < 0 || request.lines > daemonlog.MaxLines {
			return fmt.Errorf("lines=%.32q is not a number from 0 to %d", text, daemonlog.MaxLines)
		}
	}
	for name, flag := range map[string]*bool{"follow": &request.follow, choice: chosen} {
		if text := query.Get(name); text != "" {
			if *flag, err = strconv.ParseBool(text); err != nil {
				return fmt.Errorf("%s=%.32q is neither 1 nor 0", name, text)
			}
		}
	}
	return nil
}

func writeNoLog(w http.ResponseWriter, node string, request logRequest, err error) {
	var several *daemonlog.SeveralError
	switch {
	case errors.Is(err, daemonlog.ErrNone):
		writeFault(w, http.StatusNotFound, fmt.Sprintf("%s has no log on node %s: it has not run there", daemonlog.Name(request.Daemon, request.Node), node))
	case errors.As(err, &several):
		writeFault(w, http.StatusBadRequest, several.Error())
	default:
		writeFault(w, http.StatusInternalServerError, "the log cannot be read")
	}
}

// sendLog sends what was asked for. Nothing is queued for a client: a slow one slows its own reader only.
func (s *Server) sendLog(ctx context.Context, out *eventWriter, path string, request logRequest) error {
	if path == "" {
		return out.write(reconnectHint + logEnd)
	}
	reader, lost, err := openLog(path, request)
	if err != nil {
		writeFault(out.w, http.StatusInternalServerError, "the log cannot be read")
		return err
	}
	defer reader.Close()
	feed := &logFeed{out: out, sent: time.Now(), keepAlive: s.cfg.KeepAlive}
	feed.text.WriteString(reconnectHint)
	if lost {
		feed.text.WriteString("event: " + LogLost + "\ndata: \n\n")
	}
	for _, line := range reader.Old() {
		if err := feed.line(line); err != nil {
			return err
		}
	}
	if request.follow {
		return reader.Follow(ctx, feed.line, feed.flush)
	}
	if err := reader.Finish(feed.line); err != nil {
		return err
	}
	if rest := reader.Rest(); len(rest) > 0 {
		feed.text.WriteString("event: " + LogRest + "\ndata: " + jsonText(rest) + "\n\n")
	}
	feed.text.WriteString(logEnd)
	return feed.flush()
}

func openLog(path string, request logRequest) (reader *daemonlog.Reader, lost bool, err error) {
	if request.after != nil {
		return daemonlog.Resume(path, *request.after)
	}
	reader, err = daemonlog.Open(path, request.lines)
	return reader, false, err
}

// logFeed gathers lines that come together, and proves to a quiet client that it is still there.
type logFeed struct {
	out       *eventWriter
	text      strings.Builder
	sent      time.Time
	keepAlive time.Duration
}

func (f *logFeed) line(line daemonlog.Line) error {
	fmt.Fprintf(&f.text, "id: %s\ndata: %s\n\n", line.After, jsonText(line.Text))
	if f.text.Len() < logBatch {
		return nil
	}
	return f.flush()
}

func (f *logFeed) flush() error {
	if f.text.Len() == 0 && time.Since(f.sent) < f.keepAlive {
		return nil
	}
	if f.text.Len() == 0 {
		f.text.WriteString(": keep-alive\n\n")
	}
	text := f.text.String()
	f.text.Reset()
	f.sent = time.Now()
	return f.out.write(text)
}

// jsonText is a line as a JSON string, on one line.
func jsonText(line []byte) string {
	text, err := json.Marshal(string(line))
	if err != nil {
		return `""` // a string always is one
	}
	return string(text)
}
