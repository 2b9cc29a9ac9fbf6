// Package workflows holds the durable half of the orchestrator. It is deterministic, imports
// internal/spec only, and has no effect but through activities.
//
//	inbox.go       every signal of a run in order of arrival
//	outbox.go      signals to one workflow, in order
//	register.go    names, interceptor and options, for workers, replay and tests
//
//	daemon.go      Daemon: one running copy, its state and its loop
//	commands.go    commands by signal and by update, one after the other; verbs.go: what each does
//	intent.go      what the operator wants, with pause leases
//	link.go        a child's line to its parent
//	run.go         the activity that is the daemon: start, reports, outcomes, budget
//	alarm.go       one timer that can be moved; await.go: waiting that leaves no timer
//	stop.go        ending the activity: control queue, cancel, abandon
//	record.go      transitions, current details, search attributes, info; summary.go: static texts
//
//	family.go      what a parent knows of its children: census, start, heal; family_stop.go: stop
//	group.go       Group: owns the intent of a per-node type; group_verbs.go: forwards it to its members;
//	               group_nodes.go: members that come and go with the nodes; group_show.go: what they add up to
//	supervisor.go  Supervisor: starts the fleet in dependency order and keeps it
//	nodes.go       which nodes there are, by the word of workers and operators, and news of them for the groups
//	gate.go        which edges are open; permission.go: commands that reach others; alike.go: what a changed row restarts
//	switch.go      up and down
//
//	job.go         Job: one granted job, from the ledger to its node and back
//	pipeline.go    Pipeline: the training loop of one configuration; pipeline_course.go: its state machine
//
// One coroutine settles the state against what is wanted; others only change fields and set a flag.
// Nothing selects on channels: the loop awaits a condition over the state.
package workflows
