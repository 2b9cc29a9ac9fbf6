package bus_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestParseNamesFieldAndFix(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		name bus.Name
		raw  string
		want string // "" means accepted
	}{
		"good":           {"OPERATOR_NOTE", ` {"text":"hi"} `, ""},
		"unknown event":  {"OPERATER_NOTE", `{"text":"hi"}`, "did you mean OPERATOR_NOTE"},
		"lower case":     {"operator_note", `{"text":"hi"}`, "did you mean OPERATOR_NOTE"},
		"no event":       {"", `{}`, `"" is unknown`},
		"missing field":  {"OPERATOR_NOTE", `{}`, `field "text" is missing`},
		"null field":     {"OPERATOR_NOTE", `{"text":null}`, `field "text" is missing`},
		"blank field":    {"OPERATOR_NOTE", `{"text":"  "}`, `field "text" is missing`},
		"unknown field":  {"OPERATOR_NOTE", `{"text":"hi","txt":"x"}`, `field "txt" is unknown`},
		"wrong type":     {"OPERATOR_NOTE", `{"text":5}`, `field "text" is a number: it must be a string`},
		"long field":     {"OPERATOR_NOTE", `{"text":"` + strings.Repeat("x", 20<<10) + `"}`, "at most 16384"},
		"too large":      {"OPERATOR_NOTE", `{"text":"` + strings.Repeat("x", 300<<10) + `"}`, "at most 262144"},
		"cut off":        {"OPERATOR_NOTE", `{"text":"hi"`, "ends too early"},
		"syntax":         {"OPERATOR_NOTE", `{"text":hi}`, "not valid JSON at byte"},
		"two objects":    {"OPERATOR_NOTE", `{"text":"a"}{"text":"b"}`, "one object"},
		"list":           {"OPERATOR_NOTE", `["text"]`, "not a JSON object"},
		"null":           {"OPERATOR_NOTE", `null`, "not a JSON object"},
		"empty":          {"OPERATOR_NOTE", ``, "content is missing"},
		"deep":           {"OPERATOR_NOTE", `{"text":` + strings.Repeat("[", 20_000), "not valid JSON"},
		"nested missing": {"DAEMON_STARTED", `{"daemon_name":"AUTO_SYNC"}`, `field "new_status" is missing`},
		"bad time":       {"DAEMON_STARTED", `{"at":"yesterday"}`, `field "at": parsing time`},
		"bad word":       {"DLQ_EVENTS_PURGED", `{"count":1,"reason":"mood"}`, "one of abandoned, expired"},
		"negative":       {"DLQ_STALE_EVENTS", `{"stale_count":-1}`, "0 or more"},
	}
	for name, test := range cases {
		payload, err := bus.Parse(test.name, []byte(test.raw))
		if test.want == "" {
			require.NoError(t, err, name)
			require.Equal(t, test.name, payload.EventName(), name)
			continue
		}
		require.ErrorContains(t, err, test.want, name)
		require.Less(t, len(err.Error()), 500, "%s: an error is a line, not the input", name)
	}
}

func TestSubmissions(t *testing.T) {
	t.Parallel()
	origin := bus.Origin{Source: "spool", Node: "node-1", OccurredAt: time.Unix(1000, 0), Key: "a.json"}
	parse := func(raw string, origin bus.Origin) bus.Event {
		event, err := bus.ParseSubmission([]byte(raw), origin)
		require.NoError(t, err, raw)
		return event
	}
	plain := `{"event_type":"OPERATOR_NOTE","payload":{"text":"hi"}}`
	timed := `{"event_type":"OPERATOR_NOTE","occurred_at":"2026-01-02T03:04:05+01:00","source":"train.py","config_key":"hex8_2p","payload":{"text":"hi"}}`

	event := parse(timed, origin)
	require.Equal(t, "train.py", event.Source)
	require.Equal(t, "hex8_2p", event.ConfigKey)
	require.Equal(t, "2026-01-02T02:04:05Z", event.OccurredAt.Format(time.RFC3339))
	require.Equal(t, "spool", parse(plain, origin).Source)

	other := origin
	other.Key, other.OccurredAt = "b.json", time.Unix(2000, 0)
	require.Equal(t, parse(plain, origin).ID, parse(plain, origin).ID, "the same file read twice")
	require.NotEqual(t, parse(plain, origin).ID, parse(plain, other).ID, "two files with one text are two facts")
	require.Equal(t, parse(timed, origin).ID, parse(timed, other).ID, "a submission with a time is one fact wherever it stands")

	for raw, want := range map[string]string{
		`{"payload":{}}`:                 `field "event_type" is missing`,
		`{"event_type":"OPERATOR_NOTE"}`: `field "payload" is missing`,
		`{"event_type":"OPERATOR_NOTE","payload":{"text":"x"},"evnt":1}`:                                        `field "evnt" is unknown`,
		`{"event_type":"OPERATOR_NOTE","payload":{"text":"x"},"occurred_at":1}`:                                 "occurred_at",
		`{"event_type":"OPERATOR_NOTE","payload":{"text":"x"},"source":` + `7}`:                                 `field "source" is a number`,
		`{"event_type":"OPERATOR_NOTE","payload":{"text":"x"},"config_key":"` + strings.Repeat("k", 300) + `"}`: "at most 256",
		`{"event_type":"OPERATOR_NOTE","payload":{"text":"x"},"occurred_at":"1812-01-01T00:00:00Z"}`:            "between 1970 and 9999",
	} {
		_, err := bus.ParseSubmission([]byte(raw), origin)
		require.ErrorContains(t, err, want, raw)
	}
}

func TestTransitionGivesOneEvent(t *testing.T) {
	t.Parallel()
	at := time.Unix(1000, 0)
	base := spec.Transition{Daemon: "AUTO_SYNC", Node: "n1", Seq: 3, From: spec.PhaseStarting, At: at, Epoch: 9}
	for want, change := range map[bus.Name]func(*spec.Transition){
		"DAEMON_STARTED":            func(t *spec.Transition) { t.To = spec.PhaseRunning },
		"DAEMON_STOPPED":            func(t *spec.Transition) { t.To = spec.PhaseStopped },
		"DAEMON_PERMANENTLY_FAILED": func(t *spec.Transition) { t.To = spec.PhaseFailed },
		"DAEMON_STATUS_CHANGED":     func(t *spec.Transition) { t.To = spec.PhaseProbing },
		"DAEMON_COMMAND_REFUSED":    func(t *spec.Transition) { t.To, t.Refused = t.From, spec.VerbStop },
	} {
		transition := base
		change(&transition)
		payload := bus.TransitionPayload(transition)
		require.Equal(t, want, payload.EventName())
		here, err := bus.NewEvent(payload, bus.Origin{Source: "host", Node: "n1"})
		require.NoError(t, err)
		there, err := bus.NewEvent(payload, bus.Origin{Source: "host", Node: "n2", OccurredAt: time.Unix(5, 0)})
		require.NoError(t, err)
		require.Equal(t, here.ID, there.ID, "%s: one fact, wherever it is announced", want)

		transition.Seq++
		next, err := bus.NewEvent(bus.TransitionPayload(transition), bus.Origin{})
		require.NoError(t, err)
		require.NotEqual(t, here.ID, next.ID, "%s: the next transition is another fact", want)
		_, err = bus.Parse(want, here.Payload)
		require.NoError(t, err, "what is written can be read strictly")
	}
}

// An event without a producer is never seen, one without a consumer is never missed: both are dead wiring.
func TestEveryEventHasProducerAndConsumer(t *testing.T) {
	t.Parallel()
	names := map[bus.Name]bool{}
	for _, entry := range bus.Catalogue() {
		require.NotEmpty(t, entry.Producers, "%s has no producer", entry.Name)
		require.NotEmpty(t, entry.Consumers, "%s has no consumer", entry.Name)
		require.NotEmpty(t, entry.About, "%s has no description", entry.Name)
		require.Equal(t, strings.ToUpper(string(entry.Name)), string(entry.Name))
		require.False(t, names[entry.Name], "%s is listed twice", entry.Name)
		names[entry.Name] = true
		_, err := bus.Parse(entry.Name, []byte(`{"no_such_field":1}`))
		require.ErrorContains(t, err, "no_such_field", entry.Name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("OPERATOR_NOTE", []byte(`{"text":"hi"}`))
	f.Add("DAEMON_STARTED", []byte(`{"daemon_name":"A","seq":1,"old_status":"STARTING","new_status":"RUNNING","at":"2026-01-02T03:04:05Z"}`))
	f.Add("HANDLER_TIMEOUT", []byte(`{"event_id":"1","event_type":"X","subscriber":"S","timeout_seconds":1e3}`))
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		payload, err := bus.Parse(bus.Name(name), raw)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		event, err := bus.NewEvent(payload, bus.Origin{Source: "fuzz", OccurredAt: time.Unix(1, 0)})
		require.NoError(t, err, "what was accepted can be published")
		again, err := bus.Parse(event.Name, event.Payload)
		require.NoError(t, err, "what is published can be read again")
		second, err := bus.NewEvent(again, bus.Origin{Source: "fuzz", OccurredAt: time.Unix(1, 0)})
		require.NoError(t, err)
		require.Equal(t, event.ID, second.ID, "and is the same fact")
	})
}

func FuzzParseSubmission(f *testing.F) {
	f.Add([]byte(`{"event_type":"OPERATOR_NOTE","payload":{"text":"hi"},"occurred_at":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"event_type":"OPERATOR_NOTE"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		event, err := bus.ParseSubmission(raw, bus.Origin{Source: "fuzz", OccurredAt: time.Unix(1, 0)})
		if err != nil {
			return
		}
		data, err := json.Marshal(event)
		require.NoError(t, err, "an accepted event can be stored")
		require.LessOrEqual(t, len(data), bus.MaxEventBytes)
	})
}
