package cli_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
)

// What `init` writes is right as it is, and is never written over.
func TestInitWritesAFileThatIsRight(t *testing.T) {
	t.Parallel()
	h := setup(t)
	path := filepath.Join(h.Config.DataDir, "own.yaml")
	h.golden(t, "init", h.run(t.Context(), "init", path))
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "validate", "--file", path), h.err.String())
	h.golden(t, "init-refused", h.run(t.Context(), "init", path))

	other := filepath.Join(h.Config.DataDir, "other.yaml")
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "init", other, "-o", "json"), h.err.String())
	var report map[string]any
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &report))
	require.Equal(t, map[string]any{"written": other}, report)
}
