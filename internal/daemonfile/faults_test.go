package daemonfile_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/daemonfile"
)

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run `go test ./internal/daemonfile -update` to write it")
	require.Equal(t, string(want), got, "`go test ./internal/daemonfile -update` accepts it")
}

// TestFaults holds what is said of every wrong file in testdata/faults; one that is laid over another is named so.
func TestFaults(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/faults/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			_, _, fault := daemonfile.Load(registry(t), path)
			var faults *daemonfile.Faults
			require.ErrorAs(t, fault, &faults)
			golden(t, strings.TrimSuffix(path, ".yaml")+".golden", strings.ReplaceAll(fault.Error(), "testdata/faults/", "")+"\n")
		})
	}
}

// Texts that are small but mean much, are nested or have no end are told so, and quickly.
func TestReadIsBounded(t *testing.T) {
	t.Parallel()
	var laughs, chain strings.Builder
	laughs.WriteString("version: 1\nx-0: &a0 [x, x, x, x, x, x, x, x, x]\n")
	chain.WriteString("version: 1\nx-0: &a0 {k: x}\n")
	for i := range 30 {
		here, before := strconv.Itoa(i+1), "*a"+strconv.Itoa(i)
		laughs.WriteString("x-" + here + ": &a" + here + " [" + strings.Repeat(before+", ", 9) + before + "]\n")
		chain.WriteString("x-" + here + ": &a" + here + " {k: " + before + "}\n")
	}
	many := "version: 1\ndaemons:\n"
	for i := range 100 {
		many += "  a" + strconv.Itoa(i) + ": {nothing: 1}\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"large":     {"version: 1\n" + strings.Repeat("#\n", 1<<19), "it is larger than 1048576 bytes"},
		"laughs":    {laughs.String(), "with all references followed it has more than 200000 values"},
		"deep":      {"version: 1\nx-deep: " + strings.Repeat("[", 50) + strings.Repeat("]", 50), "it is nested more than 32 deep"},
		"many":      {many, "daemons.a50.nothing: there are too many faults to tell them all: mend those before this line"},
		"kept":      {"version: 1\ndaemons: {a: {command: [x], env: {A: " + strings.Repeat("a", 300_000) + ", B: " + strings.Repeat("b", 300_000) + "}}}", "and at most 524288 can be kept"},
		"reference": {"version: 1\nx-a: *nobody", "unknown anchor"},
	} {
		_, err := daemonfile.Parse("daemons.yaml", []byte(c.text), "/srv")
		var faults *daemonfile.Faults
		require.ErrorAs(t, err, &faults, name)
		require.ErrorContains(t, err, c.want, name)
		require.LessOrEqual(t, len(faults.List), 51, name)
	}
	_, err := daemonfile.Parse("daemons.yaml", []byte(chain.String()), "/srv")
	require.NoError(t, err, "references to references are fine")
}

// What is wrong with the files and with their place in the registry is told at once; Read and Rows tell it in turn.
func TestLoadTellsEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "daemons.yaml")
	require.NoError(t, os.WriteFile(path, []byte(`version: 1
daemons:
  a: {comand: [x], depends_on: [b, c]}
  b: {command: [x], depends_on: [EVENT_ROUTR, a]}
`), 0o600))
	_, _, err := daemonfile.Load(registry(t), path)
	require.EqualError(t, err, strings.ReplaceAll(`the file of daemons has 3 fault(s)
  FILE:3: daemons.a.comand: unknown: did you mean command?
  FILE:3: daemons.a.depends_on[1] = c: unknown: name a daemon of the file, or a type of the registry (starter list --all)
  FILE:4: daemons.b.depends_on[0] = EVENT_ROUTR: unknown: did you mean EVENT_ROUTER?`, "FILE", path))

	_, _, err = daemonfile.Load(registry(t), path, path+".missing")
	require.NotContains(t, err.Error(), "depends_on", "c may be in the file that is missing")

	file, rows, err := daemonfile.Load(registry(t), "testdata/good/everything.yaml")
	require.NoError(t, err)
	same, err := file.Rows(registry(t))
	require.NoError(t, err)
	require.Equal(t, same, rows)
	require.Contains(t, file.Text(), "nightly-report")
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	_, err := daemonfile.Read("testdata/nowhere.yaml", "testdata")
	require.EqualError(t, err, `the file of daemons has 2 fault(s)
  testdata/nowhere.yaml: it cannot be read: no such file or directory
  testdata: it cannot be read: it is no regular file`)
	_, err = daemonfile.Read()
	require.EqualError(t, err, "the file of daemons has 1 fault(s)\n  daemons.yaml: no file is named: name one")

	crowd := filepath.Join(t.TempDir(), "crowd.yaml")
	require.NoError(t, os.WriteFile(crowd, []byte("version: 1\ninclude: ["+strings.Repeat("empty.yaml, ", 100)+"]"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(filepath.Dir(crowd), "empty.yaml"), nil, 0o600))
	_, err = daemonfile.Read(crowd)
	require.ErrorContains(t, err, "there are more than 64 files")
}
