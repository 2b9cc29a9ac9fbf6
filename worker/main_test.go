package main

import (
	"bytes"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	shim "github.com/ringrift/orchestrator/internal/process"
)

// asWorker makes the test binary be the worker, so that tests have real processes.
const asWorker = "RINGRIFT_TEST_AS_WORKER"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == shim.ShimArgument {
		os.Exit(shim.ShimMain()) // as that worker's shim
	}
	if os.Getenv(asWorker) != "" {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// Whoever takes the worker for the starter must not have started a worker.
func TestTheWorkerTakesNoArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		argument string
		code     int
		out, err string
	}{
		{"--help", 0, help() + "\n", ""},
		{"status", 2, "", "worker: it takes no argument, not \"status\": `worker --help` shows its settings\n"},
		{"--nodes", 2, "", "worker: flag provided but not defined: -nodes: `worker --help` shows its settings\n"},
	} {
		var out, err bytes.Buffer
		command := exec.Command(os.Args[0], test.argument)
		command.Env = append(os.Environ(), asWorker+"=1", "DATA_DIR="+t.TempDir(), "TEMPORAL_ADDRESS=127.0.0.1:1")
		command.Stdout, command.Stderr = &out, &err
		_ = command.Run() // how it ended is its exit code
		require.Equal(t, test.code, command.ProcessState.ExitCode(), "%s: %s", test.argument, &err)
		require.Equal(t, []string{test.out, test.err}, []string{out.String(), err.String()}, test.argument)
	}
}
