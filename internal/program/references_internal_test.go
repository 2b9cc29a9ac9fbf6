package program

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// A reference is what the files of variables say, a later one over an earlier one, and only then what the worker has.
// What came by a reference is a secret, and the worker's own variables stay as they are.
func TestReferencesFindTheFilesFirst(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, second := filepath.Join(folder, "first.env"), filepath.Join(folder, "second.env")
	require.NoError(t, os.WriteFile(first, []byte("PASSWORD=of-the-first\nUSER_NAME=somebody\n"), 0o600))
	require.NoError(t, os.WriteFile(second, []byte("PASSWORD=of-the-second\n"), 0o600))
	workers := []string{"PASSWORD=of-the-worker", "WORKERS=only-the-worker", "PATH=/bin"}
	p := &program{options: Options{Environment: workers}, spec: spec.Program{
		EnvironmentFiles: []string{first, second},
		Environment:      map[string]string{"DSN": "db://${env:USER_NAME}:${env:PASSWORD}@host", "OTHER": "${env:WORKERS}"},
	}}
	entries, secrets, err := p.environment()
	require.NoError(t, err)
	require.Equal(t, []string{"DSN=db://somebody:of-the-second@host", "OTHER=only-the-worker", "PASSWORD=of-the-second", "PATH=/bin", "USER_NAME=somebody"}, entries)
	require.Subset(t, secrets, []string{"of-the-second", "somebody", "only-the-worker"})
	require.Equal(t, []string{"PASSWORD=of-the-worker", "WORKERS=only-the-worker", "PATH=/bin"}, workers)
}
