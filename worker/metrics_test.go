package main

import (
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons"
	"github.com/ringrift/orchestrator/internal/spec"
)

// A worker that runs the daemons shows what the SDK does and what events passed through it.
func TestMetricsPage(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.work()
	r.up()
	r.spool("note.json", `{"event_type":"OPERATOR_NOTE","payload":{"text":"seen"}}`)
	r.spool("misspelt.json", `{"event_type":"OPERATOR_NOTES","payload":{"text":"not seen"}}`)
	require.Eventually(t, func() bool {
		families := r.metrics()
		return value(families, "ringrift_events_published_total", "event=OPERATOR_NOTE") == 1 &&
			value(families, "ringrift_events_unknown_total", "source=CROSS_PROCESS_POLLER") == 1
	}, patience, pollInterval, "what the spool took shows on the page")

	families := r.metrics()
	for name, kind := range map[string]dto.MetricType{
		"temporal_request_total":                           dto.MetricType_COUNTER,
		"temporal_long_request_total":                      dto.MetricType_COUNTER,
		"temporal_request_latency_seconds":                 dto.MetricType_HISTOGRAM,
		"temporal_workflow_task_execution_latency_seconds": dto.MetricType_HISTOGRAM,
		"temporal_num_pollers":                             dto.MetricType_GAUGE,
		"temporal_worker_task_slots_used":                  dto.MetricType_GAUGE,
		"ringrift_events_published_total":                  dto.MetricType_COUNTER,
		"ringrift_daemon_phase":                            dto.MetricType_GAUGE,
	} {
		require.Contains(t, families, name)
		require.Equal(t, kind, families[name].GetType(), name)
	}
	require.Equal(t, float64(clusterDaemons(t)), value(families, "temporal_worker_task_slots_used", "task_queue=daemons,worker_type=ActivityWorker"),
		"each cluster daemon holds a slot")
	require.NotContains(t, r.get("/metrics"), "ctl/", "names of processes would pile up as series")
}

// metrics reads the page with Prometheus' own parser and has it judge our names.
func (r *rig) metrics() map[string]*dto.MetricFamily {
	r.t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(r.get("/metrics")))
	require.NoError(r.t, err)
	for name, family := range families {
		if strings.HasPrefix(name, "ringrift_") || strings.HasPrefix(name, "temporal_") {
			problems, err := promlint.NewWithMetricFamilies([]*dto.MetricFamily{family}).Lint()
			require.NoError(r.t, err)
			require.Empty(r.t, problems, name)
		}
	}
	return families
}

// value adds up the series of a metric that have all the labels of a list, such as a=1,b=2.
func value(families map[string]*dto.MetricFamily, name, list string) float64 {
	total := 0.0
	for _, metric := range families[name].GetMetric() {
		if has(metric, strings.Split(list, ",")) {
			total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return total
}

func has(metric *dto.Metric, wanted []string) bool {
	found := 0
	for _, label := range metric.GetLabel() {
		for _, pair := range wanted {
			if label.GetName()+"="+label.GetValue() == pair {
				found++
			}
		}
	}
	return found == len(wanted)
}

// clusterDaemons is how many of this build's daemons have one copy in the cluster.
func clusterDaemons(t *testing.T) int {
	t.Helper()
	count := 0
	for _, declaration := range daemons.Catalog(daemons.Config{}) {
		if declaration.Spec.Scope == spec.ScopeCluster {
			count++
		}
	}
	return count
}
