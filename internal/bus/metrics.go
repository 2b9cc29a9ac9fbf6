package bus

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// unheardFor is how long a look at the whole log counts as news.
	unheardFor = 2 * time.Minute
	// otherEvent stands for every name that this build does not know, so that a stranger cannot make series.
	otherEvent = "other"

	outcomeHandled = "handled"
	outcomeFailed  = "failed" // there is a dead letter now
)

// counters are what one client has done on the bus, as Prometheus series.
type counters struct {
	now                   func() time.Time
	names                 map[Name]bool
	published, duplicated *prometheus.CounterVec
	delivered, unknown    *prometheus.CounterVec
	unheard               *prometheus.Desc

	mutex    sync.Mutex
	lookedAt time.Time
	silent   map[Name]uint64 // at lookedAt
}

func newCounters(now func() time.Time) *counters {
	c := &counters{
		now:   now,
		names: map[Name]bool{},
		published: counter("events_published_total", "Events that this process put into the log.",
			"event"),
		duplicated: counter("events_duplicated_total", "Events that this process published once more and the log had already.",
			"event"),
		delivered: counter("events_delivered_total", "Events that a daemon of this process was given, by whether it handled them.",
			"event", "daemon", "node", "outcome"),
		unknown: counter("events_unknown_total", "Hand-written events that were refused since no event has their type.",
			"source"),
		unheard: prometheus.NewDesc("ringrift_events_unheard",
			"Events in the log that a daemon should hear and that none has subscribed to.", []string{"event"}, nil),
	}
	for _, entry := range Catalogue() {
		c.names[entry.Name] = true
	}
	return c
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "ringrift_" + name, Help: help}, labels)
}

// Collector shows what this client has published, delivered and refused, by event, and after a LogState which
// events nobody hears.
func (c *Client) Collector() prometheus.Collector { return c.counters }

// Describe implements prometheus.Collector.
func (c *counters) Describe(descriptions chan<- *prometheus.Desc) {
	for _, vector := range c.vectors() {
		vector.Describe(descriptions)
	}
	descriptions <- c.unheard
}

// Collect implements prometheus.Collector. Nothing is told of unheard events once the look is old.
func (c *counters) Collect(metrics chan<- prometheus.Metric) {
	for _, vector := range c.vectors() {
		vector.Collect(metrics)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.now().Sub(c.lookedAt) > unheardFor {
		return
	}
	for name, count := range c.silent {
		metrics <- prometheus.MustNewConstMetric(c.unheard, prometheus.GaugeValue, float64(count), c.label(name))
	}
}

func (c *counters) vectors() []*prometheus.CounterVec {
	return []*prometheus.CounterVec{c.published, c.duplicated, c.delivered, c.unknown}
}

// looked keeps what a look at the whole log has found.
func (c *counters) looked(silent map[Name]uint64) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.lookedAt, c.silent = c.now(), silent
}

// label is an event's name, or one for all that are not in the catalogue.
func (c *counters) label(name Name) string {
	if c.names[name] {
		return string(name)
	}
	return otherEvent
}

// stored counts one publication.
func (c *counters) stored(name Name, duplicate bool) {
	if duplicate {
		c.duplicated.WithLabelValues(c.label(name)).Inc()
		return
	}
	c.published.WithLabelValues(c.label(name)).Inc()
}

// given counts one delivery to a daemon.
func (c *counters) given(event Event, session *Session, cause error) {
	outcome := outcomeHandled
	if cause != nil {
		outcome = outcomeFailed
	}
	c.delivered.WithLabelValues(c.label(event.Name), string(session.daemon), session.node, outcome).Inc()
}

// unheard finds the events of the log that the catalogue has a daemon for and that no subscriber asks for.
func unheard(catalogue []Entry, published map[Name]uint64, asked map[Name]bool) map[Name]uint64 {
	silent := map[Name]uint64{}
	for _, entry := range catalogue {
		if published[entry.Name] > 0 && !asked[entry.Name] && forDaemons(entry) {
			silent[entry.Name] = published[entry.Name]
		}
	}
	return silent
}

// forDaemons says whether an event has a consumer that subscribes; observers only follow.
func forDaemons(entry Entry) bool {
	for _, consumer := range entry.Consumers {
		if consumer != Observers {
			return true
		}
	}
	return false
}
