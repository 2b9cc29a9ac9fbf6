//go:build acceptance

package cluster

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/stretchr/testify/require"
)

// observerVariable makes the test binary an observer of the data folder that it names.
const observerVariable = "RINGRIFT_TEST_OBSERVER"

// lookEvery is the pause between two looks of the observer.
const lookEvery = 20 * time.Millisecond

// sightings are what an observer has seen until it was told to end.
type sightings struct {
	Looks     int
	Attempts  int // different ones
	Processes int // most of them at once
	// Beside are processes of two attempts of one job that lived at the same time, the first of them.
	Beside []string
}

// observe looks at the processes of jobs until its standard input is closed, and then tells what it saw.
func observe(folder string) int {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that matters
	}()
	var seen sightings
	attempts := map[string]bool{}
	for looking := true; looking; {
		seen.look(jobProcesses(folder), attempts)
		select {
		case <-ended:
			looking = false
		case <-time.After(lookEvery):
		}
	}
	seen.Attempts = len(attempts)
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		return 1
	}
	return 0
}

// look compares what lives now. The older of two processes is looked at again: it may have ended while the others were
// read.
func (s *sightings) look(all []process, attempts map[string]bool) {
	s.Looks++
	s.Processes = max(s.Processes, len(all))
	first := map[string]process{}
	for _, p := range all {
		attempts[p.Job+" "+p.Home] = true
		other, known := first[p.Job]
		if !known {
			first[p.Job] = p
			continue
		}
		if other.Home != p.Home && other.lives() && p.lives() && len(s.Beside) < 10 {
			s.Beside = append(s.Beside, other.String()+" beside "+p.String())
		}
	}
}

// observer starts an observer in a process of its own. The function ends it and returns what it saw.
func (r *rig) observer() (end func() sightings) {
	r.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), observerVariable+"="+r.dir)
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	require.NoError(r, err)
	output, err := command.StdoutPipe()
	require.NoError(r, err)
	require.NoError(r, command.Start())
	r.Cleanup(func() {
		_ = input.Close() // it may be closed
		_ = command.Wait()
	})
	return func() (seen sightings) {
		require.NoError(r, input.Close())
		require.NoError(r, json.NewDecoder(output).Decode(&seen))
		return seen
	}
}
