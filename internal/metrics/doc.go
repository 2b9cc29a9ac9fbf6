// Package metrics shows what the Temporal SDK reports of itself as Prometheus series: its requests, pollers,
// slots, tasks and caches, under the names that the SDK's own Prometheus bridges give them.
//
//	sdk.go     SDK: the SDK's metrics handler, and a collector for a registry
//	tags.go    which of the SDK's tags become labels
//	series.go  the series of one metric, and how many there may be
//
// It has no state outside an SDK value, and never fails: a metric must not end a worker.
package metrics
