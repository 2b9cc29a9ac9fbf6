//go:build acceptance

package acceptance

import (
	"os"
	"testing"

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
