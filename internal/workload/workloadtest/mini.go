package workloadtest

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Mini is the built workload of a package's tests. Declare one variable of it and have TestMain call Main.
type Mini struct{ dir string }

// Dir is the workload's folder.
func (m *Mini) Dir() string { return m.dir }

// Load reads the workload.
func (m *Mini) Load(t testing.TB) *workload.Workload {
	t.Helper()
	require.NotEmpty(t, m.dir, "TestMain must call Main")
	loaded, err := workload.Load(m.dir)
	require.NoError(t, err)
	return loaded
}

// Main builds the workload, runs the tests and exits. A process that was started to watch a workload's command does
// that instead.
func (m *Mini) Main(tests *testing.M) {
	ActAsShim()
	os.Exit(m.run(tests))
}

func (m *Mini) run(tests *testing.M) int {
	dir, err := os.MkdirTemp("", "mini-*")
	if err == nil {
		defer os.RemoveAll(dir)
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	m.dir = dir
	return tests.Run()
}
