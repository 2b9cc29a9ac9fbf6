package daemonwatchdog_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/health/daemonwatchdog"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// receiver is a chat service that keeps what it is sent.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	code   int
	bodies []string
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{code: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		if request.URL.Path != "/hook/s3cret" { // where a redirect leads
			r.bodies = append(r.bodies, "redirected")
			return
		}
		r.bodies = append(r.bodies, string(body))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(r.code)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(code int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.code = code
}

func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.bodies...)
}

func posting(to *receiver) func(*daemonwatchdog.Config) {
	return func(c *daemonwatchdog.Config) { c.WebhookURL = to.URL + "/hook/s3cret" }
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	hook := receive(t)
	r := setup(t, posting(hook))
	r.fleet.set(in(spec.PhaseFailed, 0))
	for i, code := range []int{500, 302, 429} {
		hook.answer(code)
		r.look(time.Second)
		require.Len(t, hook.received(), i+1, "tried once in each round, and not redirected")
		health := r.health()
		require.Equal(t, spec.HealthDegraded, health.Status)
		require.Contains(t, health.Message, fmt.Sprint(code))
		require.NotContains(t, health.Message, "s3cret", "the URL is a secret")
	}
	r.restart()
	hook.answer(http.StatusNoContent)
	r.look(time.Second)
	r.look(time.Second)
	require.Len(t, hook.received(), 4, "until it arrived, also after a restart of the watchdog")
	require.Equal(t, spec.HealthOK, r.health().Status)
	require.Len(t, r.alerts(), 1, "the event does not wait for the webhook, and comes once")

	var body struct {
		Text   string
		Alerts []struct {
			EventID string `json:"event_id"`
			Kind    string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(hook.received()[3]), &body))
	require.Contains(t, body.Text, "[critical] AUTO_SYNC: failed")
	require.Equal(t, "failed", body.Alerts[0].Kind)
	require.Equal(t, bustest.Events(t, r.client)[0].ID, body.Alerts[0].EventID)
}

func TestWebhookThatIsNotThere(t *testing.T) {
	t.Parallel()
	hook := receive(t)
	hook.Close()
	r := setup(t, posting(hook))
	r.fleet.set(in(spec.PhaseFailed, 0))
	r.look(0)
	require.Contains(t, r.health().Message, "connection refused")
	require.NotContains(t, r.health().Message, "s3cret")
	require.Len(t, r.alerts(), 1)
}

func TestBadWebhookIsABadConfiguration(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"not a url", "ftp://s3cret.example/x", "http://", "://s3cret", "http://x\x7fs3cret"} {
		_, err := daemonwatchdog.Declare(daemonwatchdog.Config{WebhookURL: address}).New(host.Runtime{Logger: quiet(), Now: time.Now})
		require.ErrorContains(t, err, "https://", address)
		require.NotContains(t, err.Error(), "s3cret")
	}
}

func TestWebhookHearsOfABusThatIsDown(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, dir, "127.0.0.1:-1")
	bustest.CreateStreams(t, server.URL())
	client := bustest.Connect(t, server.URL(), func(c *bus.ClientConfig) {
		c.Timeout, c.Logger = 300*time.Millisecond, quiet()
	})
	hook := receive(t)
	r := setupOn(t, client, posting(hook))
	looked := func() bool { return r.Tick(t.Context()) == nil }
	require.Eventually(t, looked, 10*time.Second, 20*time.Millisecond)

	address := server.URL()[len("nats://"):]
	require.NoError(t, server.Shutdown(t.Context()))
	r.fleet.set(in(spec.PhaseFailed, 0))
	require.ErrorIs(t, r.Tick(t.Context()), bus.ErrUnavailable)
	require.Len(t, hook.received(), 1, "people hear of it")

	bustest.Serve(t, dir, address)
	require.Eventually(t, looked, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, []string{"failed"}, r.kinds(), "and the event follows when the bus is back")
	require.Len(t, hook.received(), 1)
}

func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, keeps string }{
		{"GET https://user:s3cret@host/x: timeout", "timeout"},
		{"Authorization: Bearer s3cret", "Authorization"},
		{`{"api_key": "s3cret", "region": "eu"}`, "eu"},
		{"AWS_SECRET_ACCESS_KEY=s3cret not accepted", "not accepted"},
		{"https://x/y?token=s3cret&z=1: 403", "403"},
		{"password: s3cret", "password"},
		{"post https://hooks.example.com/services/s3cret", "hooks.example.com"},
	} {
		t.Run(c.text, func(t *testing.T) {
			t.Parallel()
			r := setup(t)
			r.fleet.set(edited(in(spec.PhaseFailed, 0), func(i *spec.Info) { i.LastError = c.text }))
			r.look(0)
			for _, shown := range []string{r.alerts()[0].Message, fmt.Sprint(r.health())} {
				require.NotContains(t, shown, "s3cret")
				require.Contains(t, shown, c.keeps)
			}
		})
	}
}

func TestManyAlertsAreBounded(t *testing.T) {
	t.Parallel()
	hook := receive(t)
	hook.answer(http.StatusInternalServerError)
	r := setup(t, posting(hook))
	var daemons []spec.Info
	for i := range 300 {
		daemons = append(daemons, edited(in(spec.PhaseFailed, 0), func(info *spec.Info) {
			info.Daemon = spec.Type(fmt.Sprintf("DAEMON_%d", i))
		}))
	}
	r.fleet.set(daemons...)
	for range 6 {
		r.look(0)
	}
	require.Len(t, r.alerts(), 200, "no more than fit")
	hook.answer(http.StatusOK)
	for range 10 {
		r.look(time.Second)
	}
	require.Len(t, r.alerts(), 300, "the others follow, each once")
	require.EqualValues(t, 300, r.health().Details["alerts_told"])
}
