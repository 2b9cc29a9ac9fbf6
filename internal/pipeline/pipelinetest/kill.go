package pipelinetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	workerArgument = "run-one-attempt"
	// What a daemon's process is told: where the rig's parts are, and its epoch.
	ledgerVariable, busVariable, workloadVariable, epochVariable = "RIG_LEDGER", "RIG_BUS", "RIG_WORKLOAD", "RIG_EPOCH"

	killsInARow = 4
	maxLife     = 40 * time.Millisecond // of a daemon that is killed, from its first round on
)

// Main builds the workload, runs the tests and exits. In a process that KillWorker or KillDaemon has started it is
// that process.
func Main(tests *testing.M, mini *workloadtest.Mini) {
	if len(os.Args) > 1 && os.Args[1] == workerArgument {
		os.Exit(worker(os.Args[2], os.Args[3], os.Args[4]))
	}
	if os.Getenv(ledgerVariable) != "" {
		os.Exit(tests.Run())
	}
	mini.Main(tests)
}

// worker runs the assignment that it reads and writes its progress.
func worker(name, dir, workloadDir string) int {
	loaded, err := workload.Load(workloadDir)
	var node *Node
	if err == nil {
		node, _, err = newNode(name, dir, loaded)
	}
	var assignment jobs.Assignment
	if err == nil {
		err = json.NewDecoder(os.Stdin).Decode(&assignment)
	}
	if err == nil {
		out := json.NewEncoder(os.Stdout)
		_, err = node.Run(context.Background(), assignment, func(p jobs.Progress) { _ = out.Encode(p) }) // nobody may read it any more
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// KillWorker starts a job on a node of its own and kills that, with -9, as soon as the command works. The job is back
// in the queue then.
func (r *Rig) KillWorker(job ledger.Job) {
	r.Helper()
	grant := r.grant(job, "killed-node")
	assignment, err := json.Marshal(r.assignment(grant))
	require.NoError(r, err)
	child := exec.Command(os.Args[0], workerArgument, grant.Node, r.TempDir(), r.places.workload)
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	require.NoError(r, err)
	stdout, err := child.StdoutPipe()
	require.NoError(r, err)
	require.NoError(r, child.Start())
	_, err = stdin.Write(assignment)
	require.NoError(r, err)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var progress jobs.Progress
		require.NoError(r, json.Unmarshal(lines.Bytes(), &progress))
		if progress.Stage == jobs.StageRunning {
			_ = child.Process.Kill() // Wait tells
		}
	}
	require.Error(r, child.Wait(), "it was killed")
	job.Token, job.Node = grant.Token, grant.Node
	require.Equal(r, string(ledger.Pending), r.Lose(job).Status)
}

// KillDaemon runs a daemon in a process of its own and kills that, with -9, at a random moment of its rounds. The
// process runs the test of this name again, which must begin with DaemonToKill.
func (r *Rig) KillDaemon(epoch int64) {
	r.Helper()
	child := exec.Command(os.Args[0], "-test.run=^"+r.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), ledgerVariable+"="+r.places.ledger, busVariable+"="+r.places.bus,
		workloadVariable+"="+r.places.workload, fmt.Sprintf("%s=%d", epochVariable, epoch))
	child.Stderr = os.Stderr
	stdout, err := child.StdoutPipe()
	require.NoError(r, err)
	require.NoError(r, child.Start())
	lines := bufio.NewScanner(stdout)
	require.True(r, lines.Scan(), "it begins")
	time.AfterFunc(rand.N(maxLife), func() { _ = child.Process.Kill() }) // Wait tells
	for lines.Scan() {
		continue
	}
	require.Error(r, child.Wait(), "it was killed")
}

// CarryThroughKills has an order carried out by one job of a command, while the daemon is killed before and after it, and
// the worker in the middle of it. It returns how the order ended.
func (r *Rig) CarryThroughKills(declare func(*Rig) host.Declaration, order ledger.Stage, command workload.Command) ledger.Stage {
	r.Helper()
	epoch := int64(0)
	next := func() int64 { epoch++; return epoch }
	for range killsInARow {
		r.KillDaemon(next())
	}
	r.Daemon(declare(r), next()).Round()
	queued := r.Jobs(command)
	require.NotEmpty(r, queued)
	r.KillWorker(queued[0])
	r.RunJobs()
	for range killsInARow {
		r.KillDaemon(next())
	}
	return r.Daemon(declare(r), next()).Carry(order)
}

// DaemonToKill ticks a daemon without end, in a process that KillDaemon has started. Elsewhere it returns at once.
func DaemonToKill(t *testing.T, declare func(*Rig) host.Declaration) {
	t.Helper()
	if os.Getenv(ledgerVariable) == "" {
		return
	}
	var epoch int64
	_, err := fmt.Sscan(os.Getenv(epochVariable), &epoch)
	require.NoError(t, err)
	r := open(t, places{os.Getenv(ledgerVariable), os.Getenv(busVariable), os.Getenv(workloadVariable)})
	daemon := r.Daemon(declare(r), epoch)
	fmt.Println("begins")
	for {
		daemon.Round()
	}
}
