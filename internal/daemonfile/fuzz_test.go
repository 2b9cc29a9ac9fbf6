package daemonfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonfile"
)

// FuzzRead: whatever the text, it is taken as a whole, with rows that the registry takes and a text that says the same
// again, or refused with faults that say where and what to do.
func FuzzRead(f *testing.F) {
	for _, pattern := range []string{"testdata/faults/*.yaml", "testdata/good/*.yaml", "testdata/good/*.golden"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, path := range paths {
			document, err := os.ReadFile(path)
			require.NoError(f, err)
			f.Add(document)
		}
	}
	f.Add(daemonfile.Example())
	table := registry(f)
	f.Fuzz(func(t *testing.T, document []byte) {
		file, err := daemonfile.Parse("fuzz.yaml", document, "/no/such/folder")
		if err != nil {
			requireFaults(t, err)
			return
		}
		again, err := daemonfile.Parse("again.yaml", []byte(file.Text()), "/elsewhere")
		require.NoError(t, err, file.Text())
		require.Equal(t, file.Text(), again.Text())
		rows, err := file.Rows(table)
		if err != nil {
			requireFaults(t, err)
			return
		}
		same, err := again.Rows(table)
		require.NoError(t, err)
		require.Equal(t, rows, same)
		_, err = daemonfile.Compose(table, rows)
		require.NoError(t, err, "rows of a file are right together")
	})
}

func requireFaults(t *testing.T, err error) {
	t.Helper()
	var faults *daemonfile.Faults
	require.ErrorAs(t, err, &faults)
	require.NotEmpty(t, faults.List)
	require.LessOrEqual(t, len(faults.List), 51)
	for _, fault := range faults.List {
		require.NotEmpty(t, fault.Fix)
		require.NotEmpty(t, fault.File)
		require.Less(t, len(fault.String()), 3000)
	}
}
