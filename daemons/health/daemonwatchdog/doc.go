// Package daemonwatchdog is DAEMON_WATCHDOG: it looks at the whole fleet and tells people what they should look at.
// It restarts nothing, because a daemon's own workflow is the only owner of its life; and what it finds never
// makes the watchdog itself unhealthy.
//
//	declare.go    the registry's row, and what the daemon is given
//	watchdog.go   one round: look, decide, remember, tell
//	inspect.go    one daemon: its state, its heartbeat, its restarts
//	examine.go    what is wrong with one daemon, as far as its state tells
//	crashloop.go  restarts counted over a window
//	decide.go     which findings become alerts, and when an alert is over
//	state.go      what must survive: times of alerts, restarts seen, alerts not told yet
//	deliver.go    alerts to the bus and to the webhook, again until they arrived
//	webhook.go    one bounded POST
//	redact.go     secrets taken out of texts that leave the cluster
//	health.go     how the watchdog itself is
package daemonwatchdog
