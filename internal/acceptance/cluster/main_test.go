//go:build acceptance

package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience bounds waits for what has no bar of its own, poll is between two looks.
const (
	patience = 3 * time.Minute
	poll     = 100 * time.Millisecond
)

// programs is where make build puts them.
var programs = filepath.Join("..", "..", "..", "bin")

func TestMain(m *testing.M) {
	if folder := os.Getenv(observerVariable); folder != "" {
		os.Exit(observe(folder))
	}
	os.Exit(run(m))
}

// run gives the tests their workloads. Workers inherit the environment.
func run(m *testing.M) int {
	workloads, err := os.MkdirTemp("", "workloads")
	if err == nil {
		defer os.RemoveAll(workloads)
		err = errors.Join(makeWorkloads(filepath.Join(programs, "workloads"), workloads),
			os.Setenv("WORKLOADS_DIR", workloads), os.Setenv("NODE_ID", nodeName(1)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// choose returns the first value, or the second with -short.
func choose[T any](long, short T) T {
	if testing.Short() {
		return short
	}
	return long
}
