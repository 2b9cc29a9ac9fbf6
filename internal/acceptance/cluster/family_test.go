//go:build acceptance

package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/testkit"
	"github.com/ringrift/orchestrator/internal/workload"
)

// familySize is how many processes one command of the family has.
const familySize = 6

// familyScript starts descendants of every kind and then becomes the real workload.
const familyScript = `#!/bin/sh
sleep 86400 &
(sleep 86400 &)
setsid sleep 86400 &
(setsid sleep 86400 &)
setsid sh -c 'trap "" TERM HUP; while :; do sleep 86400; done' &
exec "${0%/*}/mini" "$@"
`

// withFamily returns a folder of workloads in which mini plays with descendants beside it.
func withFamily(t testing.TB) string {
	t.Helper()
	from := filepath.Join(testkit.ModuleRoot(t), "bin", "workloads", "mini")
	workloads := t.TempDir()
	to := filepath.Join(workloads, "mini")
	require.NoError(t, os.CopyFS(to, os.DirFS(from)))
	script := filepath.Join(to, "family")
	require.NoError(t, os.WriteFile(script, []byte(familyScript), 0o755))

	path := filepath.Join(to, workload.ManifestFile)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var manifest map[string]any
	require.NoError(t, json.Unmarshal(text, &manifest))
	manifest["commands"].(map[string]any)["selfplay"] = []string{"./family"}
	text, err = json.Marshal(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text, 0o644))
	return workloads
}
