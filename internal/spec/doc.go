// Package spec is the vocabulary of the orchestrator and the rules of its registry. It uses the
// standard library only, reads no clock and no environment, so that workflows, hosts and tools all
// build on it.
//
//	daemon.go      Daemon: one row of the registry, its defaults
//	lifecycle.go   phases, commands, causes, health, Info: what is said about a running daemon
//	messages.go    what operators' tools and workflows say to each other
//	protocol.go    what workflows, their parents and the hosts of daemons say to each other
//	job.go         what the workflow of a granted job, the ledger and its node say to each other
//	pipeline.go    the stages of a training loop, and what its workflow and the ledger say to each other
//
//	registry.go    Registry: the validated table and its queries
//	faults.go      every fault of a table at once: found by validate.go and validate_graph.go
//	graph.go       dependency order, layers, closures
//	alias.go       deprecated names; find.go: names as people type them; nearest.go: what they probably meant
//	plan.go        what to run for a request, with effective edges
//	sets.go        named sets of daemons (`--set minimal`)
//	render.go      the graph as text, DOT and Mermaid
package spec
