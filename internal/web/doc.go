// Package web is the HTTP server of a worker process. The process owns it from start to exit, so that it
// answers when Temporal, the event bus and the supervisor are all gone: every answer is made from what is in
// memory, and says how old it is.
//
//	config.go    Config and its rules
//	sources.go   what the server is given: the small interfaces it reads from
//	server.go    Server: bind, serve, end
//	guard.go     who may ask: Host, token, origin, method
//	view.go      the cluster's view, merged with what this process knows better
//	health.go    GET /health, GET /health/<TYPE>
//	report.go    one daemon as a prober sees it
//	ready.go     GET /ready
//	status.go    GET /status
//	publish.go   POST /event
//	stream.go    GET /events as server-sent events
//	metrics.go   Collector: daemons as Prometheus metrics, for GET /metrics
//	page.go      GET /
//	respond.go   JSON answers and faults
package web
