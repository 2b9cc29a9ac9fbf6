package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/web"
)

// series returns the metrics as name{label="value",…} → value, read by Prometheus' own parser.
func series(t *testing.T, r *rig) map[string]float64 {
	t.Helper()
	response, text := r.do(t, http.MethodGet, "/metrics", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	require.NoError(t, err, text)
	values := map[string]float64{}
	for name, family := range families {
		for _, metric := range family.Metric {
			values[name+labels(metric)] = metric.GetGauge().GetValue() + metric.GetCounter().GetValue()
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

func TestMetrics(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	failed := in(spec.PhaseFailed, running("DAEMON_WATCHDOG"))
	failed.Restarts = map[spec.Cause]int{spec.CauseError: 3, spec.CausePanic: 1}
	failed.Health = spec.Health{}
	r.SetCluster(view(10*time.Second, failed))
	router := running("EVENT_ROUTER")
	router.Health.Details = map[string]any{
		"ticks": 12, "tick_errors": int64(2), "last_success_at": time.Now().Add(-time.Minute).Format(time.RFC3339Nano),
	}
	r.local.set(router)

	values := series(t, r)
	require.Equal(t, 1.0, values["ringrift_daemon_phase{category=event,daemon=EVENT_ROUTER,phase=RUNNING}"])
	require.Equal(t, 1.0, values["ringrift_daemon_ready{category=event,daemon=EVENT_ROUTER}"])
	require.InDelta(t, 60, values["ringrift_daemon_seconds_in_phase{category=event,daemon=EVENT_ROUTER}"], 5)
	require.Equal(t, 1.0, values["ringrift_daemon_health{category=event,daemon=EVENT_ROUTER,status=ok}"])
	require.Equal(t, 12.0, values["ringrift_daemon_ticks_total{category=event,daemon=EVENT_ROUTER}"])
	require.Equal(t, 2.0, values["ringrift_daemon_tick_errors_total{category=event,daemon=EVENT_ROUTER}"])
	require.InDelta(t, 60, values["ringrift_daemon_last_success_age_seconds{category=event,daemon=EVENT_ROUTER}"], 5)

	require.Equal(t, 1.0, values["ringrift_daemon_phase{category=health,daemon=DAEMON_WATCHDOG,phase=FAILED}"])
	require.Zero(t, values["ringrift_daemon_ready{category=health,daemon=DAEMON_WATCHDOG}"])
	require.Equal(t, 3.0, values["ringrift_daemon_restarts_total{category=health,cause=error,daemon=DAEMON_WATCHDOG}"])
	require.Equal(t, 1.0, values["ringrift_daemon_health{category=health,daemon=DAEMON_WATCHDOG,status=unknown}"])
	require.NotContains(t, values, "ringrift_daemon_ticks_total{category=health,daemon=DAEMON_WATCHDOG}", "unknown is not 0")

	require.Equal(t, 1.0, values["ringrift_daemon_phase{category=health,daemon=HEALTH_SERVER,node=node-2,phase=RUNNING}"])
	require.NotContains(t, values, "ringrift_daemon_phase{category=health,daemon=HEALTH_SERVER,phase=RUNNING}", "members stand for their group")
	require.Equal(t, 1.0, values["ringrift_temporal_ok{}"])
	require.InDelta(t, 10, values["ringrift_cluster_view_age_seconds{}"], 5)
}

func TestMetricsWithoutTheCluster(t *testing.T) {
	t.Parallel()
	r := setup(t, web.Config{}, web.Sources{})
	r.contact.set(time.Now().Add(-time.Hour))
	values := series(t, r)
	require.Contains(t, values, "ringrift_temporal_ok{}")
	require.Zero(t, values["ringrift_temporal_ok{}"])
	require.NotContains(t, values, "ringrift_cluster_view_age_seconds{}")
}
