package transfer

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/datatest"
)

// fetchEnvironment tells this test binary to be a process that fetches, to be killed.
const fetchEnvironment = "TRANSFER_TEST_FETCH"

// errand is what such a process fetches.
type errand struct {
	Path   string
	Want   data.Item
	Source Source
}

func TestMain(m *testing.M) {
	if text := os.Getenv(fetchEnvironment); text != "" {
		if err := runErrand(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func runErrand(text string) error {
	var one errand
	if err := json.Unmarshal([]byte(text), &one); err != nil {
		return err
	}
	dir, err := data.Open(data.Config{Path: one.Path, Node: "node-2"})
	if err != nil {
		return err
	}
	client, err := NewClient(ClientConfig{Token: token})
	if err != nil {
		return err
	}
	_, err = client.Fetch(context.Background(), dir, Request{Want: one.Want, Sources: []Source{one.Source}})
	return err
}

// A fetch is killed again and again: what was verified is never sent again, no half file is at the final
// place, and at the end the file is the right one.
func TestKilledFetchGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	content := datatest.Bytes(16*data.ChunkBytes+4321, "killed")
	source := serve(t, "node-1", ServerConfig{BytesPerSecond: 30 << 20})
	item := add(t, source.dir, data.RoleDataset, "sub/large.bin", content)
	path := t.TempDir()
	partial := filepath.Join(path, "training", "sub", ".arriving-"+item.SHA256.String())
	text, err := json.Marshal(errand{path, item, source.Source})
	require.NoError(t, err)
	verified := int64(0)
	for _, upTo := range []int64{1, 5, 6, 12} {
		process := startErrand(t, string(text))
		require.Eventually(t, func() bool { return sizeOf(partial) >= upTo*data.ChunkBytes }, time.Minute, time.Millisecond)
		require.NoError(t, process.Process.Signal(syscall.SIGKILL))
		require.Error(t, process.Wait())
		require.NoFileExists(t, filepath.Join(path, "training", "sub", "large.bin"))
		requireNothingBelow(t, source.takeRanges(), verified)
		verified = sizeOf(partial) / data.ChunkBytes * data.ChunkBytes
	}
	require.NoError(t, startErrand(t, string(text)).Wait())
	requireNothingBelow(t, source.takeRanges(), verified)
	dir := openDir(t, "node-2", path)
	requireItem(t, dir, item, content)
	require.NoFileExists(t, partial)
}

func startErrand(t *testing.T, text string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	command := exec.Command(binary, "-test.run=^$")
	command.Env = append(os.Environ(), fetchEnvironment+"="+text)
	command.Stderr = os.Stderr
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Process.Kill() }) // mostly it is gone
	return command
}

func (r *rig) takeRanges() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.ranges
	r.ranges = nil
	return taken
}

func requireNothingBelow(t *testing.T, ranges []string, verified int64) {
	t.Helper()
	require.NotEmpty(t, ranges)
	for _, one := range ranges {
		var first, last int64
		_, err := fmt.Sscanf(strings.TrimSpace(one), "bytes=%d-%d", &first, &last)
		require.NoError(t, err, one)
		require.GreaterOrEqual(t, first, verified, "%s was asked for again", one)
	}
}

func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
