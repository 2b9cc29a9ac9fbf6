package web_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/web"
)

// follower reads one stream of server-sent events.
type follower struct {
	lines chan string
	close func()
}

func follow(t *testing.T, r *rig, query string, edit ...func(*http.Request)) *follower {
	t.Helper()
	return followPath(t, r, "/events"+query, edit...)
}

func followPath(t *testing.T, r *rig, path string, edit ...func(*http.Request)) *follower {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL()+path, nil)
	require.NoError(t, err)
	for _, change := range edit {
		change(request)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, "text/event-stream; charset=utf-8", response.Header.Get("Content-Type"))
	f := &follower{lines: make(chan string, 1000), close: cancel}
	go func() {
		defer close(f.lines)
		defer response.Body.Close()
		for scanner := bufio.NewScanner(response.Body); scanner.Scan(); {
			f.lines <- scanner.Text()
		}
	}()
	return f
}

// next returns the next line with a prefix, without it.
func (f *follower) next(t *testing.T, prefix string) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case line, open := <-f.lines:
			require.True(t, open, "the stream ended before a line with %q", prefix)
			if rest, found := strings.CutPrefix(line, prefix); found {
				return rest
			}
		case <-deadline:
			require.Fail(t, "no line in time", "prefix %q", prefix)
		}
	}
}

func publish(t testing.TB, client *bus.Client, text string) {
	t.Helper()
	require.NoError(t, client.Session("TEST", "", 0).Publish(t.Context(), bus.OperatorNote{Text: text}))
}

func TestStreamResumes(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{})
	for i := range 4 {
		publish(t, client, fmt.Sprintf("note %d", i))
	}
	first := follow(t, r, "?last=3")
	id := first.next(t, "id: ")
	require.Equal(t, "OPERATOR_NOTE", first.next(t, "event: "))
	require.Contains(t, first.next(t, "data: "), `"note 1"`)
	first.close()

	second := follow(t, r, "", header("Last-Event-ID", id))
	require.Contains(t, second.next(t, "data: "), `"note 2"`, "goes on behind the last id")
	require.Contains(t, second.next(t, "data: "), `"note 3"`)
	publish(t, client, "note 4")
	require.Contains(t, second.next(t, "data: "), `"note 4"`, "and follows")
}

func TestStreamPicksTypes(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{})
	publish(t, client, "a note")
	alert := bus.DaemonWatchdogAlert{AlertID: "a", Kind: "stuck", Severity: "warning", Message: "m"}
	require.NoError(t, client.Session("TEST", "", 0).Publish(t.Context(), alert))
	require.Equal(t, "DAEMON_WATCHDOG_ALERT", follow(t, r, "?last=9&type=daemon_watchdog_alert").next(t, "event: "))
}

func TestStreamBadRequests(t *testing.T) {
	t.Parallel()
	r, _ := withBus(t, web.Config{})
	for query, want := range map[string]string{
		"?last=x": "not a number", "?last=-1": "not a number", "?last=100000": "not a number", "?type=OPERATOR_NOTES": "did you mean OPERATOR_NOTE",
	} {
		response, text := r.do(t, http.MethodGet, "/events"+query, "")
		require.Equal(t, http.StatusBadRequest, response.StatusCode, query)
		require.Contains(t, text, want, query)
	}
	response, text := r.do(t, http.MethodGet, "/events", "", header("Last-Event-ID", "abc"))
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.Contains(t, text, "Last-Event-ID")
}

func TestStreamKeepsAlive(t *testing.T) {
	t.Parallel()
	r, _ := withBus(t, web.Config{KeepAlive: 150 * time.Millisecond, HeaderTimeout: 100 * time.Millisecond, SendTimeout: 100 * time.Millisecond})
	quietStream := follow(t, r, "")
	for range 3 { // longer than a request or a write may take
		quietStream.next(t, ": keep-alive")
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	r, _ := withBus(t, web.Config{MaxStreams: 1, MaxViewers: 1})
	for _, path := range []string{"/events", "/live"} {
		first := followPath(t, r, path)
		response, _ := r.do(t, http.MethodGet, path, "")
		require.Equal(t, http.StatusServiceUnavailable, response.StatusCode, path)
		first.close()
		require.Eventually(t, func() bool {
			response, _ := r.do(t, http.MethodHead, path, "")
			return response.StatusCode == http.StatusOK
		}, 30*time.Second, 10*time.Millisecond, "a client of %s that left makes room", path)
	}
}

func TestSlowClientIsDropped(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{MaxStreams: 1, SendTimeout: 2 * time.Second, KeepAlive: time.Hour})
	big := bus.DaemonWatchdogAlert{AlertID: "a", Kind: "stuck", Severity: "warning", Message: "m",
		Details: map[string]string{"text": strings.Repeat("x", 250<<10)}}
	for i := range 60 { // more than the sockets of both sides hold
		big.AlertID = fmt.Sprint(i)
		require.NoError(t, client.Session("TEST", "", 0).Publish(t.Context(), big))
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.(*net.TCPConn).SetReadBuffer(4<<10))
	_, err = conn.Write([]byte("GET /events?last=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	require.NoError(t, err)
	full := func() bool {
		response, _ := r.do(t, http.MethodHead, "/events", "")
		return response.StatusCode == http.StatusServiceUnavailable
	}
	require.Eventually(t, full, 30*time.Second, time.Millisecond, "the slow client has the only place")
	require.Eventually(t, func() bool { return !full() }, 10*time.Second, 10*time.Millisecond, "until it is dropped")
}

func TestStreamWhileTheBusIsDown(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	response, text := r.do(t, http.MethodGet, "/events", "")
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode, text)
}

func TestStreamEndsWithTheServer(t *testing.T) {
	t.Parallel()
	r, _ := withBus(t, web.Config{})
	stream := follow(t, r, "")
	stream.next(t, "retry: ")
	start := time.Now()
	r.stop(t)
	require.Less(t, time.Since(start), 2*time.Second, "an open stream does not hold up the end")
}
