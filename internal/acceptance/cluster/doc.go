// Package cluster holds the long bars of several nodes: an installation as `make up NODES=3` starts it, with the real
// programs from bin/, jobs of the real workload, and kill -9. What came of it is read by other means than those that
// wrote it: plain SQL over the ledger's file and the nodes' databases, the workload's own inspect, and /proc.
//
//	rig_test.go      rig: an installation of a test's own, up, repaired and ended
//	node_test.go     node: its folder, its worker's process, to be killed and frozen
//	queue_test.go    jobs submitted by the starter, and what the ledger's file says of them
//	games_test.go    which games a node has, and that they are those of the ledger
//	inspect_test.go  commands of the workloads without the orchestrator, and what their inspect says of its files
//	family_test.go   a workload whose commands have descendants of every kind
//	processes_test.go  the processes of jobs, read from /proc
//	observer_test.go a process of its own that looks for attempts which run beside each other
//
//	nodes_test.go    three nodes, one of them killed every 20 s: each game once, the same everywhere
//	kills_test.go    worker, shim or both killed while jobs run; a worker frozen for longer than a lease
//	loop_test.go     the training loop, hands off: promotions, lineage, and strength that is proved outside of it
//	workloads_test.go  the workload in Python trains beside mini
//	survival_test.go  the loop while its worker, its server and its commands are killed, and what is true of one at rest
//	deadnodes_test.go  the loop when the node that trains dies, and the one with the cluster daemons
//	quiet_test.go    after the last loop the ladder comes to rest, and nothing is written any more
//	moment_test.go   moment: all that may not change in an installation at rest
//	bench_test.go    the queue against a shell loop
//	loopbench_test.go  three iterations of the loop against a plain script of the same commands
//	loopaccount_test.go  what the time of an iteration goes into, step by step
//
// With -short each runs fewer jobs and kills.
package cluster
