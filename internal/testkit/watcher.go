package testkit

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watcherPause is between two looks of a watcher.
const watcherPause = 20 * time.Millisecond

// StartWatcher runs the test binary again as a watcher, with a variable by which TestMain knows that it is one. The
// function ends it and decodes what it has seen.
func StartWatcher(t testing.TB, variable, value string) (end func(seen any)) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), variable+"="+value)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = input.Close() // it may be closed
		_ = command.Wait()
	})
	return func(seen any) {
		require.NoError(t, input.Close())
		require.NoError(t, json.NewDecoder(output).Decode(seen))
	}
}

// Watch is what a watcher does: it looks until its standard input is closed, tells what it saw, and returns its exit code.
func Watch(look func(), seen func() any) int {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that matters
	}()
	for looking := true; looking; {
		look()
		select {
		case <-ended:
			looking = false
		case <-time.After(watcherPause):
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen()); err != nil {
		return 1
	}
	return 0
}
