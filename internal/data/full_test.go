package data

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data/datatest"
)

// fillEnvironment tells this test binary to be the process whose files may not grow.
const fillEnvironment = "DATA_TEST_FILL"

func TestMain(m *testing.M) {
	if path := os.Getenv(fillEnvironment); path != "" {
		fmt.Println(addToFullDisk(path))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// addToFullDisk adds an item where every write beyond one MiB fails, as on a full disk.
func addToFullDisk(path string) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}
	dir, err := Open(Config{Path: path, Node: "node-1"})
	if err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	content := datatest.Bytes(8<<20, "full")
	_, err = dir.Add(context.Background(), wanted(RoleModel, "a.pth", content), bytes.NewReader(content))
	return err
}

func TestFullDiskLeavesNothing(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	binary, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(binary, "-test.run=^$")
	command.Env = append(os.Environ(), fillEnvironment+"="+path)
	output, err := command.CombinedOutput()
	require.NoError(t, err)
	require.Contains(t, string(output), ErrNoSpace.Error(), "the error tells what is the matter")
	require.NotContains(t, strings.ToLower(string(output)), "panic")
	dir := openTest(t, path)
	require.NoFileExists(t, pathOf(t, dir, Place{RoleModel, "a.pth"}))
	require.Empty(t, hidden(t, dir, RoleModel))
}
