// Package web is the HTTP server of a worker process. The process owns it from start to exit, so that it
// answers when Temporal, the event bus and the supervisor are all gone: every answer is made from what is in
// memory, and says how old it is. Only what is told of the training comes from the ledger, by one look a second for all.
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
//	here.go      GET /daemons
//	logs.go      GET /logs/<TYPE[@node]> as server-sent events; joblogs.go: GET /jobs/<ID>/logs, alike
//	publish.go   POST /event
//	stream.go    GET /events as server-sent events
//	page.go      GET /: page.html, which shows what /live sends; graph.go: its graph of the daemons
//	live.go      GET /live as server-sent events
//	training.go  GET /loop, /models and /ratings, and the look that these and /live share; lookout.go: how it is shared
//	metrics.go   Collector: daemons as Prometheus metrics, for GET /metrics
//	respond.go   JSON answers and faults
package web
