// Package workloadtest gives tests of other packages the built-in workload, as it is shipped.
package workloadtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/workload"
)

const source = "github.com/ringrift/orchestrator/internal/workload/mini"

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
	if len(os.Args) > 1 && os.Args[1] == process.ShimArgument {
		os.Exit(process.ShimMain())
	}
	os.Exit(m.run(tests))
}

func (m *Mini) run(tests *testing.M) int {
	dir, err := os.MkdirTemp("", "mini-*")
	if err == nil {
		defer os.RemoveAll(dir)
		err = Build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	m.dir = dir
	return tests.Run()
}

// Build puts the workload into a folder.
func Build(dir string) error {
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "mini"), source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build mini: %w\n%s", err, output)
	}
	folder, err := exec.Command("go", "list", "-f", "{{.Dir}}", source).Output()
	if err != nil {
		return fmt.Errorf("find mini: %w", err)
	}
	manifest, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), workload.ManifestFile))
	if err != nil {
		return fmt.Errorf("build mini: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, workload.ManifestFile), manifest, 0o600); err != nil {
		return fmt.Errorf("build mini: %w", err)
	}
	return nil
}
