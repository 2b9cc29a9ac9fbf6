package web_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/web"
)

const note = `{"event_type": "OPERATOR_NOTE", "payload": {"text": "hello"}, "source": "test"}`

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cfg  web.Config
		want string
	}{
		{web.Config{Addr: "8790"}, "give host:port"},
		{web.Config{Addr: "0.0.0.0:0"}, "set a token"},
		{web.Config{Addr: ":0"}, "set a token"},
		{web.Config{Addr: "[::]:0"}, "set a token"},
		{web.Config{Addr: "box.example:0"}, "set a token"},
		{web.Config{Addr: "127.0.0.1:0", Token: "two words"}, "white space"},
		{web.Config{Addr: "127.0.0.1:0", KeepAlive: -1}, "positive duration"},
		{web.Config{Addr: "127.0.0.1:0", MaxStreams: -1}, "positive number"},
		{web.Config{Addr: "127.0.0.1:0", MaxViewers: -1}, "positive number"},
	} {
		_, err := web.New(c.cfg, web.Sources{}, quiet())
		require.ErrorContains(t, err, c.want, c.cfg.Addr)
		require.NotContains(t, err.Error(), "\n", "one line")
	}
	for _, addr := range []string{"127.0.0.1:0", "localhost:0", "[::1]:0", "127.8.8.8:0"} {
		_, err := web.New(web.Config{Addr: addr}, web.Sources{}, quiet())
		require.NoError(t, err, "%s is loopback", addr)
	}
}

func TestBusyPort(t *testing.T) {
	t.Parallel()
	other, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer other.Close()
	addr := other.Addr().String()
	server, err := web.New(web.Config{Addr: addr}, web.Sources{}, quiet())
	require.NoError(t, err)
	require.EqualError(t, server.Run(t.Context()), "listen on "+addr+": the port is in use; stop the other program or set HEALTH_ADDR")
}

func TestTokenOffLoopback(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{Addr: "0.0.0.0:0", Token: "s3cret"}, web.Sources{})
	for _, path := range []string{"/health", "/ready"} {
		response, _ := r.do(t, http.MethodGet, path, "")
		require.NotEqual(t, http.StatusUnauthorized, response.StatusCode, "%s is for probes", path)
	}
	private := []string{"/", "/status", "/metrics", "/events", "/event", "/live", "/loop", "/models", "/ratings", "/health/EVENT_ROUTER", "/elsewhere"}
	for _, path := range private {
		for name, value := range map[string]string{
			"no token": "", "wrong": "Bearer s3cre", "longer": "Bearer s3cret2", "scheme": "Basic s3cret", "bare": "s3cret", "empty": "Bearer ",
		} {
			response, text := r.do(t, http.MethodGet, path, "", header("Authorization", value))
			require.Equal(t, http.StatusUnauthorized, response.StatusCode, "%s with %s", path, name)
			require.Contains(t, response.Header.Get("WWW-Authenticate"), "Bearer")
			require.NotContains(t, text, "s3cret")
		}
	}
	response, _ := r.do(t, http.MethodPost, "/event", note, header("Content-Type", "application/json"))
	require.Equal(t, http.StatusUnauthorized, response.StatusCode, "POST /event")
	response, _ = r.do(t, http.MethodGet, "/status", "", header("Authorization", "bearer s3cret"))
	require.Equal(t, http.StatusOK, response.StatusCode)
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{AllowedHosts: []string{"Box.lan"}})
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	asJSON := header("Content-Type", "application/json")
	for _, c := range []struct {
		name, method, path, body string
		edit                     []func(*http.Request)
		code                     int
		want                     string
	}{
		{"rebound host", "GET", "/status", "", with(host("evil.example")), 403, "Host"},
		{"rebound host with port", "GET", "/health", "", with(host("evil.example:8790")), 403, "Host"},
		{"host that starts alike", "GET", "/health", "", with(host("localhost.evil.example")), 403, "Host"},
		{"localhost", "GET", "/health", "", with(host("localhost:8790")), 200, ""},
		{"localhost as an absolute name", "GET", "/health", "", with(host("LOCALHOST.:8790")), 200, ""},
		{"address", "GET", "/health", "", with(host("10.0.0.7")), 200, ""},
		{"IPv6 address", "GET", "/health", "", with(host("[::1]:8790")), 200, ""},
		{"allowed host", "GET", "/health", "", with(host("box.LAN:8790")), 200, ""},
		{"cross origin", "POST", "/event", note, with(asJSON, header("Origin", "https://evil.example")), 403, "origin"},
		{"null origin", "POST", "/event", note, with(asJSON, header("Origin", "null")), 403, "origin"},
		{"cross site fetch", "POST", "/event", note, with(asJSON, header("Sec-Fetch-Site", "cross-site")), 403, "origin"},
		{"same site fetch", "POST", "/event", note, with(asJSON, header("Sec-Fetch-Site", "same-site")), 403, "origin"},
		{"own page", "POST", "/event", note, with(asJSON, header("Origin", r.URL())), 200, "event_id"},
		{"form post", "POST", "/event", note, with(header("Content-Type", "text/plain")), 415, "application/json"},
		{"no content type", "POST", "/event", note, nil, 415, "application/json"},
		{"other charset", "POST", "/event", note, with(header("Content-Type", "application/json; charset=utf-7")), 415, "application/json"},
		{"wrong method", "DELETE", "/status", "", nil, 405, "GET, HEAD only"},
		{"get of event", "GET", "/event", "", nil, 405, "POST only"},
		{"rebound host of the page", "GET", "/", "", with(host("evil.example")), 403, "Host"},
		{"rebound host of the stream", "GET", "/live", "", with(host("evil.example")), 403, "Host"},
		{"rebound host of the loops", "GET", "/loop", "", with(host("evil.example")), 403, "Host"},
		{"cross origin post of the loops", "POST", "/loop", "", with(header("Origin", "https://evil.example")), 403, "origin"},
		{"write of the models", "PUT", "/models", "", nil, 405, "GET, HEAD only"},
		{"post to the stream", "POST", "/live", "", nil, 405, "GET, HEAD only"},
		{"below a document", "GET", "/ratings/../../etc/passwd", "", nil, 404, "no such page"},
		{"unknown page", "GET", "/etc/passwd", "", nil, 404, "no such page"},
		{"huge body", "POST", "/event", `{"event_type": "OPERATOR_NOTE", "payload": {"text": "` + strings.Repeat("x", 300<<10) + `"}}`, with(asJSON), 413, "at most"},
		{"deep nesting", "POST", "/event", `{"event_type": "OPERATOR_NOTE", "payload": ` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, with(asJSON), 400, "not valid JSON"},
	} {
		response, text := r.do(t, c.method, c.path, c.body, c.edit...)
		require.Equal(t, c.code, response.StatusCode, "%s: %s", c.name, text)
		require.Contains(t, text, c.want, c.name)
		require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"), c.name)
		if c.code == 405 {
			require.NotEmpty(t, response.Header.Get("Allow"), c.name)
		}
	}
	require.Len(t, published(t, client), 1, "only the own page has published")
}

func TestSlowAndHugeHeaders(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{HeaderTimeout: 100 * time.Millisecond}, web.Sources{})
	for name, text := range map[string]string{
		"slow": "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		"huge": "GET /health HTTP/1.1\r\nHost: localhost\r\nX-Huge: " + strings.Repeat("x", 64<<10) + "\r\n\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
		require.NoError(t, err)
		defer conn.Close()
		_, err = conn.Write([]byte(text))
		require.NoError(t, err, name)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
		answer := make([]byte, 4096)
		n, err := conn.Read(answer)
		if name == "slow" {
			require.Error(t, err, "a slow header ends the connection")
			require.False(t, isTimeout(err), "by the server, before the client loses patience")
			continue
		}
		require.NoError(t, err, name)
		require.Contains(t, string(answer[:n]), "431", "a huge header is refused")
	}
}

func TestProbeOfAnOldLoadBalancer(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("GET /health HTTP/1.0\r\n\r\n"))
	require.NoError(t, err)
	answer := make([]byte, 64)
	n, err := conn.Read(answer)
	require.NoError(t, err)
	require.Contains(t, string(answer[:n]), "200 OK", "it names no host")
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

func with(edits ...func(*http.Request)) []func(*http.Request) { return edits }
