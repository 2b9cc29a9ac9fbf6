package metrics

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// maxSeries bounds the series of one metric. What exceeds it is counted together, without labels.
const maxSeries = 1000

// buckets reach from one call on the same machine to a long poll and a slow start, in seconds.
func buckets() []float64 {
	return []float64{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}
}

// series are those of one metric.
type series[M any] struct {
	vector prometheus.Collector
	create func(values ...string) M

	mutex sync.RWMutex
	known map[tags]M
}

// get returns the series of some tags, a new one if need be.
func (s *series[M]) get(t tags) M {
	s.mutex.RLock()
	found, known := s.known[t]
	s.mutex.RUnlock()
	if known {
		return found
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if found, known := s.known[t]; known {
		return found
	}
	if len(s.known) >= maxSeries {
		return s.create(make([]string, len(t))...)
	}
	s.known[t] = s.create(t[:]...)
	return s.known[t]
}

// find returns the series of a metric, and makes them at its first report.
func find[M any](s *SDK, all map[string]*series[M], name string, create func(string) *series[M]) *series[M] {
	s.mutex.RLock()
	found := all[name]
	s.mutex.RUnlock()
	if found != nil {
		return found
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if all[name] == nil {
		all[name] = create(name)
	}
	return all[name]
}

func newCounters(name string) *series[prometheus.Counter] {
	options := prometheus.CounterOpts{Name: strings.TrimSuffix(name, "_total") + "_total", Help: help(name)}
	vector := prometheus.NewCounterVec(options, tagNames[:])
	return &series[prometheus.Counter]{vector: vector, create: vector.WithLabelValues, known: map[tags]prometheus.Counter{}}
}

func newGauges(name string) *series[prometheus.Gauge] {
	vector := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help(name)}, tagNames[:])
	return &series[prometheus.Gauge]{vector: vector, create: vector.WithLabelValues, known: map[tags]prometheus.Gauge{}}
}

func newTimers(name string) *series[prometheus.Observer] {
	options := prometheus.HistogramOpts{Name: name + "_seconds", Help: help(name), Buckets: buckets()}
	vector := prometheus.NewHistogramVec(options, tagNames[:])
	return &series[prometheus.Observer]{vector: vector, create: vector.WithLabelValues, known: map[tags]prometheus.Observer{}}
}

func help(name string) string { return "As the Temporal SDK reports " + name + "." }
