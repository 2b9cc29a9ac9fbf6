package testkit

import (
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// FreePorts returns the first of so many free ports in a row. They stay below the range of which the kernel picks
// ports for outgoing connections, so that nobody takes one while a killed server is away.
func FreePorts(t testing.TB, count int) int {
	t.Helper()
	for range 100 {
		first := 20_000 + rand.IntN(10_000-count)
		free := true
		for port := first; port < first+count && free; port++ {
			listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if free = err == nil; free {
				require.NoError(t, listener.Close())
			}
		}
		if free {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row among 100 tries between 20000 and 30000", count)
	return 0
}

func freePort(t testing.TB) int {
	t.Helper()
	return FreePorts(t, 1)
}

// ModuleRoot is the folder of go.mod.
func ModuleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for !exists(filepath.Join(dir, "go.mod")) {
		parent := filepath.Dir(dir)
		require.NotEqual(t, parent, dir, "no go.mod above the test's folder")
		dir = parent
	}
	return dir
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
