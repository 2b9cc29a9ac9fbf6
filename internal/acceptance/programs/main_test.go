//go:build acceptance

package programs

import (
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

// binaries is where make build puts them.
var binaries = filepath.Join("..", "..", "..", "bin")

func TestMain(m *testing.M) {
	if token := os.Getenv(watcherVariable); token != "" {
		os.Exit(watch(token))
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
