//go:build acceptance

package local

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAcceptanceMakeUp runs the real worker and starter through the life of an installation: up, up again, both
// processes killed, up, down.
func TestAcceptanceMakeUp(t *testing.T) {
	b := setup(t)
	for _, name := range []string{"worker", "starter"} {
		target := filepath.Join(b.config.BinDir, name)
		require.NoError(t, os.Remove(target))
		build := exec.Command("go", "build", "-o", target, "./"+name)
		build.Dir = filepath.Join("..", "..")
		output, err := build.CombinedOutput()
		require.NoError(t, err, "build %s: %s", name, output)
	}

	requireUp(t, b)
	server, worker := b.pid(t, b.server), b.pid(t, b.worker)
	requireStarterFinds(t, b)
	requireUp(t, b)
	require.Equal(t, []int{server, worker}, []int{b.pid(t, b.server), b.pid(t, b.worker)}, "a second up starts nothing")

	for _, pid := range []int{server, worker} {
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	}
	require.Eventually(t, func() bool {
		server, serverErr := b.server.find()
		worker, workerErr := b.worker.find()
		return serverErr == nil && workerErr == nil && server == nil && worker == nil
	}, 30*time.Second, pollInterval)
	requireUp(t, b)

	require.NoError(t, b.Down(t.Context()), "%s", b.out)
	b.requireNothingRuns(t)
	requireUp(t, b)
	require.NoError(t, b.Down(t.Context()), "%s", b.out)
	b.requireNothingRuns(t)
}

// requireStarterFinds asks the real starter with nothing but the folder, and then with an address where nobody is.
func requireStarterFinds(t *testing.T, b *bundle) {
	t.Helper()
	status := func(variables ...string) (string, error) {
		command := exec.Command(filepath.Join(b.config.BinDir, "starter"), "status")
		command.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "DATA_DIR=" + b.config.DataDir}, variables...)
		output, err := command.CombinedOutput()
		return string(output), err
	}
	output, err := status()
	require.NoError(t, err, "%s", output)
	require.Contains(t, output, "EVENT_ROUTER")
	elsewhere := loopback(freePort(t))
	output, err = status("TEMPORAL_ADDRESS=" + elsewhere)
	require.Error(t, err, "an address that is given holds: %s", output)
	require.Contains(t, output, "Temporal at "+elsewhere+" does not answer")
	require.Contains(t, output, "was started with TEMPORAL_ADDRESS="+b.config.TemporalAddress)
}

func requireUp(t *testing.T, b *bundle) {
	t.Helper()
	b.out.Reset()
	require.NoError(t, b.Up(t.Context()), "%s", b.out)
	require.Regexp(t, `(?m)^daemons +\d+ of \d+ ready$`, b.out.String(), "nothing may be named as not ready")
	response, err := http.Get(b.healthURL() + "/health")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
}
