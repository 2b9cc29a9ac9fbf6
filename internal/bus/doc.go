// Package bus carries facts between daemons: a durable log of typed events in NATS JetStream, with one durable
// reader per subscriber, dead letters for what a subscriber could not handle, and fenced checkpoints.
//
//	event.go       Event: the envelope, and the identity that makes a redelivery recognisable for ever
//	catalogue.go   every event with its producers and consumers
//	*payloads.go   one Go struct per event; fields.go checks their fields
//	parse.go       strict reading of payloads and of hand-written events
//
//	server.go      Server: the embedded JetStream server that EVENT_ROUTER runs; serverstart.go, serverlog.go
//	client.go      Client: one connection per process; connection.go: it waits for an absent server for ever
//	streams.go     the log and the key-value buckets, and how they are bounded; names.go, what they are called
//	errors.go      ErrUnavailable, ErrFenced and their kin
//
//	session.go     Session: publish and keep checkpoints in one daemon's name and under its epoch; cas.go, entries.go
//	report.go      what each node said last, with its age; agreed.go: what daemons of several nodes agree on
//	fence.go       what older copies are refused by, and how an operator lets them in again
//	subscription.go, delivery.go    durable, ordered, at-least-once reading
//	deadletter.go, letterchange.go  what failed, for whom, and when it is tried again
//	lag.go         how far each subscriber is behind
//	metrics.go     Collector: what was published, delivered and refused, by event
//	follow.go, followstart.go       reading the log without a trace, for people and browsers
//	overhear.go                     hints: events as they are published, before the log hands them out
//	published.go   what the log has of the events that are older than its memory of repetitions
//	outbox.go      Outbox: events kept on disk until the bus has them; outboxrun.go, outboxfiles.go, files.go
package bus
