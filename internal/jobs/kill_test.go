package jobs_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

const childArgument = "run-one-attempt"

// child is a worker's process: it runs the assignment that it reads and writes its progress.
func child(args []string) int {
	name, dir, workloadDir := args[0], args[1], args[2]
	n, _, _, err := newNode(name, dir, workloadDir, 0)
	var assignment jobs.Assignment
	if err == nil {
		err = json.NewDecoder(os.Stdin).Decode(&assignment)
	}
	if err == nil {
		out := json.NewEncoder(os.Stdout)
		_, err = n.Run(context.Background(), assignment, func(p jobs.Progress) { _ = out.Encode(p) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestKilledNode kills a worker with -9 in the middle of a job, which then runs on another node.
func TestKilledNode(t *testing.T) {
	r := setup(t)
	dir := t.TempDir()
	r.join("node-1", "127.0.0.1:1")
	job := r.submit(workload.Selfplay, slow(20))
	granted := r.grant(job, "node-1")
	last := r.killedAttempt(granted, dir)

	two := r.node("node-2")
	require.Equal(t, "pending", r.finish(spec.JobEnd{Grant: granted, Lost: "silent", Progress: last}).Status)
	report := r.do(job, two)
	require.Equal(t, "node-2", report.Node)
	require.EqualValues(t, 2, report.Attempt)
	require.EqualValues(t, 20, r.games())
	require.EqualValues(t, 1, r.job(job.ID).Forgiven, "the lost attempt costs nothing")

	// The node comes back: nothing of the job is left in its way.
	again := openNode(t, "node-1", dir, 0)
	require.NoError(t, again.Sweep(t.Context()))
	scope, err := process.Scope(dir)
	require.NoError(t, err)
	left, err := process.Sweep(t.Context(), scope, 0)
	require.NoError(t, err)
	require.Zero(t, left, "processes")
	_, err = daemonlog.FindAttempt(dir+"/jobs", job.ID, 1)
	require.NoError(t, err, "the logs are kept")
	require.NoDirExists(t, dir+"/jobs/"+job.ID+"/1/out")
}

// killedAttempt starts an attempt in a process of its own and kills that when games have been played. It returns
// the last progress.
func (r *rig) killedAttempt(granted spec.JobGrant, dir string) json.RawMessage {
	r.Helper()
	assignment, err := json.Marshal(r.assignment(granted))
	require.NoError(r, err)
	worker := exec.Command(os.Args[0], childArgument, granted.Node, dir, mini.Dir())
	worker.Stderr = os.Stderr
	stdin, err := worker.StdinPipe()
	require.NoError(r, err)
	stdout, err := worker.StdoutPipe()
	require.NoError(r, err)
	require.NoError(r, worker.Start())
	_, err = stdin.Write(assignment)
	require.NoError(r, err)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var progress jobs.Progress
		require.NoError(r, json.Unmarshal(lines.Bytes(), &progress))
		if progress.Stage == jobs.StageRunning && progress.Done >= 3 {
			last := append(json.RawMessage{}, lines.Bytes()...)
			require.NoError(r, worker.Process.Kill())
			require.Error(r, worker.Wait(), "it was killed")
			return last
		}
	}
	require.NoError(r, worker.Wait())
	require.FailNow(r, "the worker has ended by itself")
	return nil
}
