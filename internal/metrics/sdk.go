package metrics

import (
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// prefix is of every metric that the SDK makes; others are not taken.
const prefix = "temporal_"

// SDK takes what the Temporal SDK reports: give it to a client as its metrics handler and to a registry as a
// collector. Counters end in _total, timers are histograms in seconds. Tags that a report lacks are empty
// labels, so that all series of a metric have the same ones.
type SDK struct {
	mutex    sync.RWMutex
	counters map[string]*series[prometheus.Counter]
	gauges   map[string]*series[prometheus.Gauge]
	timers   map[string]*series[prometheus.Observer]
}

// NewSDK makes a handler that has heard nothing yet.
func NewSDK() *SDK {
	return &SDK{
		counters: map[string]*series[prometheus.Counter]{},
		gauges:   map[string]*series[prometheus.Gauge]{},
		timers:   map[string]*series[prometheus.Observer]{},
	}
}

// Handler returns the SDK's side, without tags.
func (s *SDK) Handler() client.MetricsHandler { return handler{sdk: s} }

// Describe implements prometheus.Collector. It names nothing: which metrics there are is known once the SDK
// has reported them.
func (s *SDK) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (s *SDK) Collect(metrics chan<- prometheus.Metric) {
	for _, vector := range s.vectors() {
		vector.Collect(metrics)
	}
}

// vectors are what there is now, so that a slow scrape does not hold up the SDK.
func (s *SDK) vectors() []prometheus.Collector {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	var vectors []prometheus.Collector
	for _, each := range s.counters {
		vectors = append(vectors, each.vector)
	}
	for _, each := range s.gauges {
		vectors = append(vectors, each.vector)
	}
	for _, each := range s.timers {
		vectors = append(vectors, each.vector)
	}
	return vectors
}

// handler is the SDK under some tags.
type handler struct {
	sdk  *SDK
	tags tags
}

// WithTags implements client.MetricsHandler.
func (h handler) WithTags(more map[string]string) client.MetricsHandler {
	return handler{sdk: h.sdk, tags: h.tags.with(more)}
}

// Counter implements client.MetricsHandler.
func (h handler) Counter(name string) client.MetricsCounter {
	if !strings.HasPrefix(name, prefix) {
		return client.MetricsNopHandler.Counter(name)
	}
	counter := find(h.sdk, h.sdk.counters, name, newCounters).get(h.tags)
	return count(func(delta int64) { counter.Add(float64(max(delta, 0))) })
}

// Gauge implements client.MetricsHandler.
func (h handler) Gauge(name string) client.MetricsGauge {
	if !strings.HasPrefix(name, prefix) {
		return client.MetricsNopHandler.Gauge(name)
	}
	return level(find(h.sdk, h.sdk.gauges, name, newGauges).get(h.tags).Set)
}

// Timer implements client.MetricsHandler.
func (h handler) Timer(name string) client.MetricsTimer {
	if !strings.HasPrefix(name, prefix) {
		return client.MetricsNopHandler.Timer(name)
	}
	timer := find(h.sdk, h.sdk.timers, name, newTimers).get(h.tags)
	return record(func(d time.Duration) { timer.Observe(d.Seconds()) })
}

type (
	count  func(int64)
	level  func(float64)
	record func(time.Duration)
)

// Inc implements client.MetricsCounter.
func (c count) Inc(delta int64) { c(delta) }

// Update implements client.MetricsGauge.
func (l level) Update(value float64) { l(value) }

// Record implements client.MetricsTimer.
func (r record) Record(d time.Duration) { r(d) }
