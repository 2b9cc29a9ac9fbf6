// Package testkit is what tests of several packages share: real parts, started quickly and ended surely.
//
//	devserver.go     Server: a Temporal dev server of a test's own, to kill and bring back
//	sharedserver.go  SharedServer: one dev server for a package, a namespace for each test
//	histories.go     how long the histories of running workflows are
//	place.go         free ports, the module's root
//	wait.go          waiting on conditions
//	process.go       child processes that die with the test binary
//	watcher.go       an independent process that looks on until it is told to end
//
//	fleet.go         Fleet: server, event bus, nodes and test daemons, brought up and down through the engine
//	fleetnode.go     Node: a node process to kill, freeze and drain
//	noderun.go       RunAsNode: what such a process does
//	programs.go      Fleet.AsPrograms: the rows as real processes, which write the journal too
//	behaviour.go     TestDaemons: daemons that do what the params of their rows say
//	graph.go         rows to run: the registry's, the reference's, any number without edges
//	journal.go       Journal: what the daemons really did, written by themselves
//	evidence.go      Entries: who ran twice, too early or too long, by the journal
//	explain.go       what a failed test shows of the daemons that are not where they should be
package testkit
