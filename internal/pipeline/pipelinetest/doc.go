// Package pipelinetest gives tests of the daemons that own a stage what is around them: a real ledger, a real bus, and
// a node that runs their jobs with the built-in workload. No Temporal server is needed: the rig grants what is queued.
//
//	rig.go        Rig: the parts
//	node.go       Node: a data folder, a data server and an executor
//	jobs.go       jobs: queued by a test or by a daemon, run to their ends on a node
//	workflows.go  how far the jobs are that run
//	loop.go       iterations, cuts and orders, as the pipeline's workflow has them written down
//	loopworker.go a worker for the workflows of training loops, for tests that have a Temporal server
//	decisions.go  decisions about candidates, made up
//	stages.go     what stages leave, made without their daemons: models, datasets, candidates
//	daemon.go     Daemon: one under test, and the orders that it carries out
//	kill.go       a daemon or a worker in a process of its own, which is killed
//	picky.go      a workload that fails on some files
//	games.go      files of games that hold what a test says; rot.go: files that go bad
//
// A package's tests declare one workload for all of them:
//
//	var mini workloadtest.Mini
//
//	func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }
//
// and each test begins with pipelinetest.New(t, &mini).
package pipelinetest
