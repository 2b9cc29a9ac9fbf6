// Package clustermonitor is CLUSTER_MONITOR: it keeps the ledger's node records true, and tells of nodes that are
// not well and of nodes whose jobs do not move on.
//
//	declare.go   the registry's row and the settings
//	monitor.go   the quick look: who reports; every few seconds and at every HOST_* event
//	judge.go     what a report's age and the peers' word mean for a node's health: a pure function
//	overview.go  the full look: stalls, and how much of the cluster is well
//	stall.go     the progress of running jobs, node by node
//	state.go     what is remembered, and the events that are still to be told
//	health.go    the monitor's own health; what it finds is not its illness
//
// Whoever reports lives. Only a report that is missing, and what the members of the other nodes find, count against
// a node. While no node at all reports, this observer is the one that sees nothing: then it judges nobody, and what was
// not reported in that time counts against nobody afterwards.
//
// An event enters the remembered state together with its cause and is published from there, so that a crash at any
// point tells of it, and tells once.
package clustermonitor
