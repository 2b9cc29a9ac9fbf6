package webclient

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// LogQuery says which log is wanted, and how much of it.
type LogQuery struct {
	Name      string // TYPE or TYPE@node; empty for the log of a job
	Job       string // the ID of a job
	Attempt   int64  // of the job; 0 for the last that ran there
	Errors    bool   // of the job: its standard error, instead of what it told
	Lines     int    // how many old lines to begin with
	Follow    bool
	Lifecycle bool   // what became of a command daemon, instead of its output
	After     string // the ID of the last line that is known: go on behind it
}

func (q LogQuery) path() string {
	values := url.Values{"lines": {strconv.Itoa(q.Lines)}, "follow": {strconv.FormatBool(q.Follow)}}
	if q.Job != "" {
		values.Set("attempt", strconv.FormatInt(q.Attempt, 10))
		values.Set("errors", strconv.FormatBool(q.Errors))
		return "/jobs/" + url.PathEscape(q.Job) + "/logs?" + values.Encode()
	}
	values.Set("lifecycle", strconv.FormatBool(q.Lifecycle))
	return "/logs/" + url.PathEscape(q.Name) + "?" + values.Encode()
}

// LogLine is one line of a log.
type LogLine struct {
	// ID is for LogQuery.After; empty for a last line that has no end yet.
	ID   string
	Text []byte
	// Lost says that lines before this one are not there any more.
	Lost bool
}

// LogChanged is when a node's log of a daemon was last written to. It may be ErrNone.
func (c Client) LogChanged(ctx context.Context, node spec.Node, query LogQuery) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	response, err := c.ask(ctx, http.MethodHead, node, query.path(), nil)
	if err != nil {
		return time.Time{}, err
	}
	_ = response.Body.Close() // a HEAD has none
	return http.ParseTime(response.Header.Get("Last-Modified"))
}

// errSilent ends a stream whose node has not shown that it is there.
var errSilent = errors.New("it has fallen silent")

// silence is how long a stream may be quiet: more than the server's keep-alive.
const silence = 40 * time.Second

// Log hands on each line of a node's log until it ends, which is no error, or ctx does. A stream that breaks off is an
// UnreachableError; the log may be gone on with behind the last line's ID.
func (c Client) Log(ctx context.Context, node spec.Node, query LogQuery, handle func(LogLine) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	header := http.Header{"Accept": {"text/event-stream"}}
	if query.After != "" {
		header.Set("Last-Event-ID", query.After)
	}
	response, err := c.ask(ctx, http.MethodGet, node, query.path(), header)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	watch := time.AfterFunc(silence, func() { cancel(errSilent) })
	defer watch.Stop()
	stream := &eventStream{reader: bufio.NewReader(io.TeeReader(response.Body, alarmReset{watch}))}
	for lost := false; ; {
		event, err := stream.next()
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				err = cause
			}
			return &UnreachableError{node.ID, node.HTTP, fmt.Errorf("the log has broken off: %w", err)}
		}
		switch event.name {
		case web.LogEnd:
			return nil
		case web.LogLost:
			lost = true
			continue
		}
		line := LogLine{ID: event.id, Lost: lost}
		var text string
		if err := json.Unmarshal(event.data, &text); err != nil {
			return &UnreachableError{node.ID, node.HTTP, fmt.Errorf("read a line: %w", err)}
		}
		line.Text, lost = []byte(text), false
		if err := handle(line); err != nil {
			return err
		}
	}
}

// alarmReset puts an alarm off whenever something arrives.
type alarmReset struct{ alarm *time.Timer }

func (a alarmReset) Write(text []byte) (int, error) {
	a.alarm.Reset(silence)
	return len(text), nil
}

// eventStream reads server-sent events.
type eventStream struct{ reader *bufio.Reader }

type sentEvent struct {
	name, id string
	data     []byte
}

// next returns the next event that has data.
func (s *eventStream) next() (event sentEvent, err error) {
	for {
		line, err := s.reader.ReadBytes('\n')
		if err != nil {
			return event, err
		}
		line = bytes.TrimRight(line, "\r\n")
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch {
		case len(line) == 0 && (event.data != nil || event.name != ""):
			return event, nil
		case string(field) == "event":
			event.name = string(value)
		case string(field) == "id":
			event.id = string(value)
		case string(field) == "data":
			event.data = bytes.Clone(value)
		}
	}
}
