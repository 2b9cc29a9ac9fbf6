//go:build acceptance

package acceptance

import (
	"os"
	"testing"
	"time"

	"github.com/ringrift/orchestrator/internal/testkit"
)

func TestMain(m *testing.M) {
	testkit.RunAsNode()
	code := m.Run()
	report.print(os.Stdout)
	os.Exit(code)
}

// rounds is how often a test does its thing, fewer times with -short.
func rounds(long, short int) int {
	if testing.Short() {
		return short
	}
	return long
}

// shortSlack is how many times longer things may take with -short: a quick look on a machine that does
// other work as well proves the outcome, and the full run the time.
const shortSlack = 4

// within is the time that a bar allows.
func within(bar time.Duration) time.Duration {
	if testing.Short() {
		return shortSlack * bar
	}
	return bar
}
