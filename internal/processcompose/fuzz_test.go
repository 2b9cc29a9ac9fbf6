package processcompose

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonfile"
	"github.com/ringrift/orchestrator/internal/spec"
)

// FuzzImport: whatever the text and the variables beside it, there is an error, or a file of daemons that its reader
// and the registry take, with a note of each key.
func FuzzImport(f *testing.F) {
	require.NoError(f, filepath.WalkDir("testdata", func(path string, found fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(filepath.Ext(path), ".y") || strings.HasPrefix(path, "testdata/fuzz") {
			return err
		}
		text, err := os.ReadFile(path)
		f.Add(text, []byte("A=1\nexport B='two' # three\nSITE_PORT=\"80\nC"))
		return err
	}))
	table, err := spec.NewRegistry(nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text, variables []byte) {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, dotenvName), variables, 0o600))
		first := &source{name: "fuzz.yaml", folder: folder}
		reader := &reader{files: 1}
		top, err := reader.document(first, text)
		if err == nil {
			top, err = reader.extended(first, top, folder, nil)
		}
		var result *Result
		if err == nil {
			result, err = convert(Options{Registry: table}, top, first)
		}
		if err != nil {
			require.Less(t, len(err.Error()), 5000)
			return
		}
		file, err := daemonfile.Parse("daemons.yaml", result.Text, folder)
		require.NoError(t, err, string(result.Text))
		_, err = file.Rows(table)
		require.NoError(t, err, string(result.Text))
		require.NotEmpty(t, result.Daemons)
		for _, note := range result.Notes {
			require.NotEmpty(t, note.Text)
			require.NotEmpty(t, note.Key)
			require.Positive(t, note.Line)
		}
	})
}
