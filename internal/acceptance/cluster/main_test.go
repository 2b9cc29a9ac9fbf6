//go:build acceptance

package cluster

import (
	"os"
	"testing"
	"time"
)

// patience bounds waits for what has no bar of its own, poll is between two looks.
const (
	patience = 3 * time.Minute
	poll     = 100 * time.Millisecond
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(observerVariable); folder != "" {
		os.Exit(observe(folder))
	}
	os.Exit(m.Run())
}

// choose returns the first value, or the second with -short.
func choose[T any](long, short T) T {
	if testing.Short() {
		return short
	}
	return long
}
