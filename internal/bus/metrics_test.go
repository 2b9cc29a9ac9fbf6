package bus_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

// counted returns the series of a client as name{label=value,…} → value, and checks their names.
func counted(t *testing.T, client *bus.Client) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(client.Collector()))
	families, err := registry.Gather()
	require.NoError(t, err)
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	values := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.Metric {
			values[family.GetName()+labels(metric)] = metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return values
}

func labels(metric *dto.Metric) string {
	var parts []string
	for _, label := range metric.Label {
		if label.GetValue() != "" {
			parts = append(parts, label.GetName()+"="+label.GetValue())
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func TestEventsAreCounted(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	subscribe(t, client.Session("AUTO_SYNC", "node-1", 1), (&recorder{}).handle)
	subscribe(t, client.Session("DLQ_RETRY", "", 1), func(context.Context, bus.Event) error { return errors.New("no") })
	session := client.Session("PUBLISHER", "", 1)
	publishNotes(t, session, 3)
	again, err := session.Event(bus.OperatorNote{Text: "twice"})
	require.NoError(t, err)
	require.NoError(t, session.PublishEvent(t.Context(), again))
	require.NoError(t, session.PublishEvent(t.Context(), again))

	foreign := client.Session("HTTP", "", 0)
	_, err = foreign.ParseSubmission([]byte(`{"event_type":"OPERATOR_NOTES","payload":{}}`), bus.Origin{})
	require.ErrorContains(t, err, "did you mean OPERATOR_NOTE?")
	_, err = foreign.ParseSubmission([]byte(`{"event_type":"OPERATOR_NOTE","payload":{}}`), bus.Origin{})
	require.Error(t, err, "known, but malformed")

	require.Eventually(t, func() bool {
		values := counted(t, client)
		return values["ringrift_events_delivered_total{daemon=AUTO_SYNC,event=OPERATOR_NOTE,node=node-1,outcome=handled}"] == 4 &&
			values["ringrift_events_delivered_total{daemon=DLQ_RETRY,event=OPERATOR_NOTE,outcome=failed}"] == 4
	}, patience, 10*time.Millisecond, "every delivery is counted with its outcome")
	values := counted(t, client)
	require.Equal(t, 4.0, values["ringrift_events_published_total{event=OPERATOR_NOTE}"])
	require.Equal(t, 4.0, values["ringrift_events_published_total{event=HANDLER_FAILED}"])
	require.Equal(t, 1.0, values["ringrift_events_duplicated_total{event=OPERATOR_NOTE}"])
	require.Equal(t, 1.0, values["ringrift_events_unknown_total{source=HTTP}"])
}

// Names of foreign writers do not become series.
func TestEventsOutsideTheCatalogueShareASeries(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	for _, name := range []bus.Name{"STRANGE", "STRANGER"} {
		require.NoError(t, client.Session("", "", 0).PublishEvent(t.Context(), bus.Event{ID: string(name), Name: name}))
	}
	require.Equal(t, map[string]float64{"ringrift_events_published_total{event=other}": 2}, counted(t, client))
}
