package web

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Keys of Health.Details that the host fills in for every daemon it runs.
const (
	detailTicks       = "ticks"
	detailTickErrors  = "tick_errors"
	detailLastSuccess = "last_success_at"
)

// Collector shows the daemons as metrics, from the same rows as /health and /status. Every worker that has the
// cluster's view shows the whole fleet, so rules take the maximum over instances.
func (s *Server) Collector() prometheus.Collector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("ringrift_"+name, help, append([]string{"daemon", "node", "category"}, labels...), nil)
	}
	return &collector{
		server:      s,
		phase:       describe("daemon_phase", "1 for the phase the daemon is in.", "phase"),
		ready:       describe("daemon_ready", "1 if the daemon satisfies the edges that point at it."),
		seconds:     describe("daemon_seconds_in_phase", "Time since the daemon entered its phase."),
		restarts:    describe("daemon_restarts_total", "Restarts ever, by cause.", "cause"),
		health:      describe("daemon_health", "1 for the daemon's last verdict on itself.", "status"),
		ticks:       describe("daemon_ticks_total", "Rounds of work in this run of the daemon."),
		tickErrors:  describe("daemon_tick_errors_total", "Rounds of work that failed in this run of the daemon."),
		successAge:  describe("daemon_last_success_age_seconds", "Time since the last round of work that succeeded."),
		temporalOK:  prometheus.NewDesc("ringrift_temporal_ok", "1 if Temporal has answered this process recently.", nil, nil),
		temporalAge: prometheus.NewDesc("ringrift_temporal_contact_age_seconds", "Time since Temporal last answered this process.", nil, nil),
		viewAge:     prometheus.NewDesc("ringrift_cluster_view_age_seconds", "Age of the cluster's view in this process.", nil, nil),
	}
}

type collector struct {
	server                           *Server
	phase, ready, seconds, restarts  *prometheus.Desc
	health                           *prometheus.Desc
	ticks, tickErrors, successAge    *prometheus.Desc
	temporalOK, temporalAge, viewAge *prometheus.Desc
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{
		c.phase, c.ready, c.seconds, c.restarts, c.health, c.ticks, c.tickErrors, c.successAge,
		c.temporalOK, c.temporalAge, c.viewAge,
	} {
		descriptions <- desc
	}
}

// Collect implements prometheus.Collector. What is unknown has no series: a made-up 0 would look like a fact.
func (c *collector) Collect(metrics chan<- prometheus.Metric) {
	now, view := time.Now(), c.server.cluster.Load()
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	temporal := c.server.temporal(now)
	gauge(c.temporalOK, number(temporal.OK))
	if !temporal.LastContact.IsZero() {
		gauge(c.temporalAge, now.Sub(temporal.LastContact).Seconds())
	}
	if view != nil {
		gauge(c.viewAge, now.Sub(view.FetchedAt).Seconds())
	}
	for _, info := range flatten(c.server.fleet(view)) {
		row, _ := c.server.row(view, info.Daemon)
		c.collectDaemon(metrics, info, row.Category, now)
	}
}

func (c *collector) collectDaemon(metrics chan<- prometheus.Metric, info spec.Info, category spec.Category, now time.Time) {
	labels := []string{string(info.Daemon), info.Node, string(category)}
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, more ...string) {
		metrics <- prometheus.MustNewConstMetric(desc, kind, value, append(labels[:3:3], more...)...)
	}
	send(c.phase, prometheus.GaugeValue, 1, string(info.Phase))
	send(c.ready, prometheus.GaugeValue, number(info.Ready))
	send(c.health, prometheus.GaugeValue, 1, string(lastVerdict(info)))
	if !info.Since.IsZero() {
		send(c.seconds, prometheus.GaugeValue, now.Sub(info.Since).Seconds())
	}
	for cause, count := range info.Restarts {
		send(c.restarts, prometheus.CounterValue, float64(count), string(cause))
	}
	if ticks, known := asNumber(info.Health.Details[detailTicks]); known {
		send(c.ticks, prometheus.CounterValue, ticks)
	}
	if failed, known := asNumber(info.Health.Details[detailTickErrors]); known {
		send(c.tickErrors, prometheus.CounterValue, failed)
	}
	if at, known := asTime(info.Health.Details[detailLastSuccess]); known {
		send(c.successAge, prometheus.GaugeValue, now.Sub(at).Seconds())
	}
}

func number(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// asNumber takes a detail as the host wrote it, or as it came back from JSON.
func asNumber(detail any) (float64, bool) {
	switch value := detail.(type) {
	case int:
		return float64(value), true
	case int64:
		return float64(value), true
	case uint64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

func asTime(detail any) (time.Time, bool) {
	switch value := detail.(type) {
	case time.Time:
		return value, !value.IsZero()
	case string:
		at, err := time.Parse(time.RFC3339Nano, value)
		return at, err == nil && !at.IsZero()
	}
	return time.Time{}, false
}
