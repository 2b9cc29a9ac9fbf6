package bus_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

// TestServerSurvivesKill kills the process of the embedded server while it takes events. Whatever it has
// acknowledged is there when the next process opens its folder, and so is every checkpoint and epoch.
func TestServerSurvivesKill(t *testing.T) {
	if dir := os.Getenv("SERVER_DIR"); dir != "" {
		publishForEver(t, dir)
	}
	t.Parallel()
	dir := t.TempDir()
	var confirmed []string
	for round := range 3 {
		child := exec.Command(os.Args[0], "-test.run=^TestServerSurvivesKill$", "-test.count=1")
		child.Env = append(os.Environ(), "SERVER_DIR="+dir, fmt.Sprintf("SERVER_ROUND=%d", round+1))
		confirmed = append(confirmed, runUntilKilled(t, child, "published ", 40+20*round)...)
	}
	client := bustest.Connect(t, bustest.Serve(t, dir, "127.0.0.1:-1").URL())
	require.Subset(t, texts(t, bustest.Events(t, client)), confirmed)
	last, _, err := client.Session("PUBLISHER", "", 9).Load(t.Context(), "last")
	require.NoError(t, err)
	require.Contains(t, string(last), "3-", "the checkpoint of the last round")
	require.ErrorIs(t, client.Session("PUBLISHER", "", 2).Claim(t.Context()), bus.ErrFenced)
}

// runUntilKilled starts a child, kills it after some lines with a prefix, and returns what follows the prefix.
func runUntilKilled(t *testing.T, child *exec.Cmd, prefix string, limit int) []string {
	t.Helper()
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var texts []string
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if text, found := strings.CutPrefix(lines.Text(), prefix); found {
			texts = append(texts, text)
		}
		if len(texts) == limit {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait(), "it was killed")
	require.GreaterOrEqual(t, len(texts), limit)
	return texts
}

func publishForEver(t *testing.T, dir string) {
	client := bustest.Connect(t, bustest.Serve(t, dir, "127.0.0.1:-1").URL())
	require.NoError(t, client.EnsureStreams(t.Context()))
	var round int64
	_, err := fmt.Sscan(os.Getenv("SERVER_ROUND"), &round)
	require.NoError(t, err)
	session := client.Session("PUBLISHER", "", round)
	for i := 0; ; i++ {
		text := fmt.Sprintf("%d-%d", round, i)
		require.NoError(t, session.Publish(t.Context(), note(text)))
		fmt.Println("published " + text)
		require.NoError(t, session.Save(t.Context(), "last", []byte(text)))
	}
}
