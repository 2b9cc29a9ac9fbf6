// Package healthserver is HEALTH_SERVER: it keeps the worker's HTTP server supplied with the supervisor's view of
// the whole fleet. The HTTP server itself belongs to the worker process and answers without this daemon, but then
// it knows its own process only.
//
//	declare.go       the registry's row, and what the daemon is given
//	healthserver.go  fetch the view, hand it over, withdraw it at the end
//	health.go        readiness and health: the age of the view, and a real request to the server
package healthserver
