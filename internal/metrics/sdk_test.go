package metrics_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/internal/metrics"
)

// setup returns a handler and a registry that shows what it was told.
func setup(t *testing.T) (client.MetricsHandler, *prometheus.Registry) {
	t.Helper()
	sdk, registry := metrics.NewSDK(), prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(sdk))
	return sdk.Handler(), registry
}

// gather returns the families by name.
func gather(t *testing.T, registry *prometheus.Registry) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	byName := map[string]*dto.MetricFamily{}
	for _, family := range families {
		byName[family.GetName()] = family
	}
	return byName
}

// labels are those that are set, as name=value,….
func labels(metric *dto.Metric) string {
	var set []string
	for _, label := range metric.Label {
		if label.GetValue() != "" {
			set = append(set, label.GetName()+"="+label.GetValue())
		}
	}
	return strings.Join(set, ",")
}

func TestEachKindHasItsType(t *testing.T) {
	t.Parallel()
	handler, registry := setup(t)
	tagged := handler.WithTags(map[string]string{"namespace": "default", "operation": "StartWorkflowExecution"})
	tagged.Counter("temporal_request").Inc(2)
	tagged.Counter("temporal_request").Inc(1)
	tagged.Counter("temporal_request").Inc(-1)
	tagged.Timer("temporal_request_latency").Record(30 * time.Millisecond)
	handler.WithTags(map[string]string{"worker_type": "ActivityWorker"}).Gauge("temporal_worker_task_slots_used").Update(7)

	families := gather(t, registry)
	require.Len(t, families, 3)
	requests := families["temporal_request_total"]
	require.Equal(t, dto.MetricType_COUNTER, requests.GetType())
	require.Equal(t, 3.0, requests.Metric[0].GetCounter().GetValue(), "a counter never goes back")
	require.Equal(t, "namespace=default,operation=StartWorkflowExecution", labels(requests.Metric[0]))
	latency := families["temporal_request_latency_seconds"]
	require.Equal(t, dto.MetricType_HISTOGRAM, latency.GetType())
	require.InDelta(t, 0.03, latency.Metric[0].GetHistogram().GetSampleSum(), 1e-9)
	slots := families["temporal_worker_task_slots_used"]
	require.Equal(t, dto.MetricType_GAUGE, slots.GetType())
	require.Equal(t, 7.0, slots.Metric[0].GetGauge().GetValue())

	problems, err := promlint.NewWithMetricFamilies(slices.Collect(maps.Values(families))).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
}

// The SDK reports one metric with and without some tags.
func TestTagsMayDiffer(t *testing.T) {
	t.Parallel()
	handler, registry := setup(t)
	queue := handler.WithTags(map[string]string{"task_queue": "daemons"})
	queue.Counter("temporal_request").Inc(1)
	queue.WithTags(map[string]string{"task_queue": "node/a", "client_name": "temporal_go", "customer": "anything"}).Counter("temporal_request").Inc(1)
	queue.WithTags(map[string]string{"task_queue": "ctl/node-1-4711-ABCDEF"}).Counter("temporal_request").Inc(1)
	handler.Counter("temporal_request").Inc(1)

	var found []string
	for _, metric := range gather(t, registry)["temporal_request_total"].Metric {
		found = append(found, labels(metric))
		require.Len(t, metric.Label, 10, "the same labels everywhere")
	}
	require.ElementsMatch(t, []string{"", "task_queue=daemons", "task_queue=node/a", "task_queue=ctl"}, found)
}

func TestSeriesAreBounded(t *testing.T) {
	t.Parallel()
	handler, registry := setup(t)
	const reports = 5000
	var group sync.WaitGroup
	for part := range 4 {
		group.Go(func() {
			for i := part; i < reports; i += 4 {
				handler.WithTags(map[string]string{"operation": fmt.Sprint(i)}).Counter("temporal_request").Inc(1)
			}
		})
	}
	group.Wait()
	total := 0.0
	family := gather(t, registry)["temporal_request_total"]
	for _, metric := range family.Metric {
		total += metric.GetCounter().GetValue()
	}
	require.LessOrEqual(t, len(family.Metric), 1001)
	require.Equal(t, float64(reports), total, "nothing is lost")
}

func TestForeignMetricsAreNotTaken(t *testing.T) {
	t.Parallel()
	handler, registry := setup(t)
	handler.Counter("games played").Inc(1)
	handler.Gauge("go_goroutines").Update(1)
	handler.Timer("epoch").Record(time.Second)
	require.Empty(t, gather(t, registry))
}
