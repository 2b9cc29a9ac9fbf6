package workload_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// manifest is a good one, to be changed by tests.
func manifest(t *testing.T) *workload.Manifest {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("python", workload.ManifestFile))
	require.NoError(t, err)
	m, err := workload.ParseManifest(text)
	require.NoError(t, err)
	return m
}

func TestAManifestsFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	m := manifest(t)
	m.Name, m.Contract = "", 2
	m.Configs[0].Players = 5
	m.Configs[1] = m.Configs[0]
	delete(m.Commands, workload.Train)
	m.Commands["fly"] = []string{"python3"}
	m.Commands[workload.Init] = []string{"/bin/init"}
	m.Commands[workload.Selfplay] = []string{"./../elsewhere"}
	m.Baselines = m.Baselines[1:]
	m.Harnesses[0].Default = false
	m.Formats.Games = "jsonl"
	m.Features.Distill, m.Features.Checkpoint = true, false
	require.ElementsMatch(t, []string{
		"name", "contract", "configs[0].key", "configs[0].players", "configs[1].key", "configs[1].key", "configs[1].players",
		"commands.train", "commands.fly", "commands.init[0]", "commands.selfplay[0]", "resources.train", "baselines",
		"harnesses", "formats.games", "features.distill", "features.resume",
	}, fields(t, m.Check()))
}

// fields returns the names of the fields that an error complains of.
func fields(t *testing.T, err error) []string {
	t.Helper()
	var problems *workload.Problems
	require.ErrorAs(t, err, &problems)
	var names []string
	for _, problem := range problems.List {
		require.NotEmpty(t, problem.Fix, problem.Field)
		names = append(names, problem.Field)
	}
	return names
}

func TestAManifestIsReadStrictly(t *testing.T) {
	t.Parallel()
	good, err := json.Marshal(manifest(t))
	require.NoError(t, err)
	for name, text := range map[string]string{
		"empty":         "",
		"unknown field": `{"nmae":"x"}`,
		"two documents": string(good) + "{}",
		"not an object": "[]",
	} {
		_, err := workload.ParseManifest([]byte(text))
		require.Error(t, err, name)
	}
}

func TestLoadResolvesCommandLines(t *testing.T) {
	t.Parallel()
	w, err := workload.Load("python")
	require.NoError(t, err)
	program := filepath.Join(w.Dir, "nim.py")
	require.Equal(t, []string{"python3", program, "train"}, w.CommandLine(workload.Train))
	require.Equal(t, [][]string{{"python3", program, "describe"}}, w.DescribeLines(), "one line for all commands")
}

func TestLoadNamesFilesThatAreNotThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	m := manifest(t)
	m.Commands[workload.Init] = []string{"./gone"}
	m.Commands[workload.Train] = []string{"./text"}
	m.Commands[workload.Loss] = []string{"python3", "./away"}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "nim.py"), nil, 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text"), nil, 0o644))
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(dir, "away")))
	write(t, dir, m)
	_, err := workload.Load(dir)
	require.Equal(t, []string{"commands.init[0]", "commands.train[0]", "commands.loss[1]"}, fields(t, err))
}

func write(t *testing.T, dir string, m *workload.Manifest) {
	t.Helper()
	text, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, workload.ManifestFile), text, 0o644))
}
