package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	maxHistory    = 1000                   // events that a client may ask for from the past
	settleTime    = 250 * time.Millisecond // within which a bus that is down is found out
	reconnectHint = "retry: 2000\n\n"      // milliseconds
)

// stream is GET /events: the event log as server-sent events. ?type=A,B picks event types, ?last=N starts with
// the last N; a client that comes back with Last-Event-ID goes on behind that event.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	options, err := followOptions(r)
	if err != nil {
		writeFault(w, http.StatusBadRequest, err.Error())
		return
	}
	out, leave := s.openStream(w, r, s.followers)
	if out == nil {
		return
	}
	defer leave()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	events, ended := s.follow(ctx, options)
	if err := s.forward(ctx, out, events, ended); err != nil {
		s.logger.Debug("GET /events ended", "client", r.RemoteAddr, "error", err)
	}
}

// openStream takes one of the places and prepares the connection for an answer without an end. It returns nil if the
// request has been answered; otherwise the caller leaves.
func (s *Server) openStream(w http.ResponseWriter, r *http.Request, places chan struct{}) (out *eventWriter, leave func()) {
	select {
	case places <- struct{}{}:
	default:
		w.Header().Set("Retry-After", "10")
		writeFault(w, http.StatusServiceUnavailable, fmt.Sprintf("%d clients follow %s already", cap(places), r.URL.Path))
		return nil, nil
	}
	leave = func() { <-places }
	out = &eventWriter{w: w, control: http.NewResponseController(w), timeout: s.cfg.SendTimeout}
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream")
		leave()
		return nil, nil
	}
	if err := out.control.SetReadDeadline(time.Time{}); err != nil { // the request is complete; the stream has no end
		writeFault(w, http.StatusInternalServerError, "this connection cannot carry a stream")
		leave()
		return nil, nil
	}
	return out, leave
}

// follow reads the log in the background. Nothing is queued for a client: a slow one slows its own reader only.
func (s *Server) follow(ctx context.Context, options bus.FollowOptions) (<-chan bus.Event, <-chan error) {
	events, ended := make(chan bus.Event), make(chan error, 1)
	go func() {
		ended <- s.sources.Follower.Follow(ctx, options, func(event bus.Event) error {
			select {
			case events <- event:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	return events, ended
}

// forward holds the header back until the bus has settled, so that a bus that is down is a plain 503.
func (s *Server) forward(ctx context.Context, out *eventWriter, events <-chan bus.Event, ended <-chan error) error {
	settled, alive := time.NewTimer(settleTime), time.NewTicker(s.cfg.KeepAlive)
	defer settled.Stop()
	defer alive.Stop()
	for {
		var err error
		select {
		case event := <-events:
			err = out.event(event)
		case <-settled.C:
			err = out.write(reconnectHint)
		case <-alive.C:
			err = out.write(": keep-alive\n\n")
		case err = <-ended:
			return out.end(err)
		case <-ctx.Done():
			return ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}

// eventWriter writes server-sent events, each within its own deadline.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	timeout time.Duration
	started bool
}

func (o *eventWriter) event(event bus.Event) error {
	text, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", event.ID, err)
	}
	return o.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", event.Sequence, event.Name, text))
}

func (o *eventWriter) write(text string) error {
	if !o.started {
		o.started = true
		o.w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		o.w.Header().Set("X-Accel-Buffering", "no")
	}
	if err := o.control.SetWriteDeadline(time.Now().Add(o.timeout)); err != nil {
		return fmt.Errorf("limit the time of a write: %w", err)
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return o.control.Flush()
}

// end tells a client that has not been answered yet that the bus is down; others reconnect by themselves.
func (o *eventWriter) end(err error) error {
	if err == nil {
		err = errors.New("the event log ended")
	}
	if !o.started {
		o.w.Header().Set("Retry-After", "2")
		writeFault(o.w, http.StatusServiceUnavailable, "the event bus is not available")
	}
	return err
}

func followOptions(r *http.Request) (bus.FollowOptions, error) {
	var options bus.FollowOptions
	query := r.URL.Query()
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		after, err := strconv.ParseUint(id, 10, 64)
		if err != nil {
			return options, fmt.Errorf("Last-Event-ID %.32q is not the id of an event: send the last id you received", id)
		}
		options.After = after
	}
	if last := query.Get("last"); last != "" {
		n, err := strconv.Atoi(last)
		if err != nil || n < 0 || n > maxHistory {
			return options, fmt.Errorf("last=%.32q is not a number from 0 to %d", last, maxHistory)
		}
		options.Last = n
	}
	for _, name := range strings.FieldsFunc(query.Get("type"), func(r rune) bool { return r == ',' }) {
		entry, err := bus.Lookup(bus.Name(strings.ToUpper(name)))
		if err != nil {
			return options, err
		}
		options.Names = append(options.Names, entry.Name)
	}
	return options, nil
}
