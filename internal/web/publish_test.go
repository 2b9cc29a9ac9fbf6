package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/web"
)

func published(t testing.TB, client *bus.Client) []bus.Event {
	t.Helper()
	return bustest.Events(t, client)
}

func TestPostEvent(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{})
	response, text := r.do(t, http.MethodPost, "/event", note, header("Content-Type", "application/json; charset=UTF-8"))
	require.Equal(t, http.StatusOK, response.StatusCode, text)
	var answer struct {
		EventID string `json:"event_id"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &answer))
	events := published(t, client)
	require.Len(t, events, 1)
	require.Equal(t, answer.EventID, events[0].ID, "the answer names the stored event")
	require.Equal(t, "test", events[0].Source)
	require.Equal(t, node, events[0].Node)
	require.JSONEq(t, `{"text": "hello"}`, string(events[0].Payload))
}

func TestPostEventTwiceIsOneEvent(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{})
	body := `{"event_type": "OPERATOR_NOTE", "payload": {"text": "hello"}, "source": "test", "occurred_at": "2026-01-02T03:04:05Z"}`
	for range 3 {
		response, text := r.do(t, http.MethodPost, "/event", body, header("Content-Type", "application/json"))
		require.Equal(t, http.StatusOK, response.StatusCode, text)
	}
	require.Len(t, published(t, client), 1)
}

func TestPostEventNamesTheFault(t *testing.T) {
	t.Parallel()
	r, client := withBus(t, web.Config{})
	for _, c := range []struct{ name, body, want string }{
		{"empty", ``, "content is missing"},
		{"no JSON", `hello`, "not a JSON object"},
		{"a list", `[]`, "not a JSON object"},
		{"cut off", `{"event_type": "OPERATOR_NOTE"`, "not valid JSON"},
		{"two objects", note + note, "goes on after the JSON object"},
		{"broken UTF-8", "{\"event_type\": \"OPERATOR_NOTE\", \"payload\": {\"text\": \"\xff\"}}", "not UTF-8"},
		{"null", `null`, "not a JSON object"},
		{"no type", `{"payload": {}}`, `"event_type\" is missing`},
		{"type is a number", `{"event_type": 7, "payload": {}}`, `"event_type\" is a number`},
		{"both names", `{"event_type": "OPERATOR_NOTE", "type": "OPERATOR_NOTE", "payload": {"text": "x"}}`, `"type\" is unknown`},
		{"unknown type", `{"event_type": "OPERATOR_NOTES", "payload": {}}`, "did you mean OPERATOR_NOTE"},
		{"no payload", `{"event_type": "OPERATOR_NOTE"}`, `"payload\" is missing`},
		{"null payload", `{"event_type": "OPERATOR_NOTE", "payload": null}`, "not a JSON object"},
		{"missing field", `{"event_type": "OPERATOR_NOTE", "payload": {}}`, `"text\" is missing`},
		{"wrong field type", `{"event_type": "OPERATOR_NOTE", "payload": {"text": 1}}`, `"text\" is a number`},
		{"unknown field", `{"event_type": "OPERATOR_NOTE", "payload": {"text": "x", "y": 1}}`, `"y\" is unknown`},
		{"unknown outer field", `{"event_type": "OPERATOR_NOTE", "payload": {"text": "x"}, "z": 1}`, `"z\" is unknown`},
		{"long source", `{"event_type": "OPERATOR_NOTE", "payload": {"text": "x"}, "source": "` + strings.Repeat("s", 300) + `"}`, `"source\" has 300 bytes`},
	} {
		response, text := r.do(t, http.MethodPost, "/event", c.body, header("Content-Type", "application/json"))
		require.Equal(t, http.StatusBadRequest, response.StatusCode, "%s: %s", c.name, text)
		require.Contains(t, text, c.want, c.name)
	}
	require.Empty(t, published(t, client), "nothing half-done")
}

func TestPostEventWhileTheBusIsDown(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	response, text := r.do(t, http.MethodPost, "/event", note, header("Content-Type", "application/json"))
	require.Equal(t, http.StatusServiceUnavailable, response.StatusCode, text)
	require.NotEmpty(t, response.Header.Get("Retry-After"))
	require.NotContains(t, text, "127.0.0.1", "no internals in the answer")
}

// FuzzPostEvent sends any body. Whatever is accepted is in the log once, whatever is not leaves no trace.
func FuzzPostEvent(f *testing.F) {
	for _, seed := range []string{note, `{}`, `null`, `{"event_type":"OPERATOR_NOTE","payload":{"text":"\u0000"}}`, `{"event_type":"","payload":[]}`, "\xff"} {
		f.Add([]byte(seed))
	}
	r, client := withBus(f, web.Config{})
	publish(f, client, "the log is not empty")
	last := published(f, client)[0].Sequence
	f.Fuzz(func(t *testing.T, body []byte) {
		response, text := r.do(t, http.MethodPost, "/event", string(body), header("Content-Type", "application/json"))
		require.Contains(t, []int{200, 400, 413}, response.StatusCode, text)
		require.True(t, json.Valid([]byte(text)), "the answer is JSON")
		if response.StatusCode != http.StatusOK {
			return // what it left in the log shows at the next one that is accepted
		}
		stored := 0
		count := func(event bus.Event) error {
			last, stored = event.Sequence, stored+1
			return nil
		}
		require.NoError(t, client.Follow(t.Context(), bus.FollowOptions{After: last, Stop: true}, count))
		require.LessOrEqual(t, stored, 1, "an accepted event is stored once, a repeated one not again, a refused one never")
	})
}
