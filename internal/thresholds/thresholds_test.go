package thresholds_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/thresholds"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestParseTakesValuesOverThePreset(t *testing.T) {
	t.Parallel()
	got, err := thresholds.Parse([]byte(`preset: standard
loop:
  configs: [hex8_2p, square8_3p]
  deadlines: {training: 36h}
selfplay:
train:
  learning_rate: 1e-3
  cooldown: 0
promote:
  random_floor_3p: 0.45
`))
	require.NoError(t, err)
	want, err := thresholds.Preset(thresholds.Standard)
	require.NoError(t, err)
	require.Equal(t, "standard", got.Preset)
	require.Equal(t, map[string]int{"loop.configs": 3, "loop.deadlines.training": 4, "train.learning_rate": 7,
		"train.cooldown": 8, "promote.random_floor_3p": 10}, got.Lines)
	require.Equal(t, []string{"hex8_2p", "square8_3p"}, got.Loop.Configs)
	require.EqualValues(t, 36, got.Loop.Deadlines.Training.Hours())
	require.InDelta(t, 0.45, got.Promote.RandomFloor.For(3), 0)

	want.Loop.Configs, want.Loop.Deadlines.Training = got.Loop.Configs, got.Loop.Deadlines.Training
	want.Train.LearningRate, want.Train.Cooldown, want.Promote.RandomFloor = 0.001, 0, thresholds.ByPlayers[float64]{0.7, 0.45, 0.4}
	require.Equal(t, want, got.Thresholds, "all else is the preset's")
}

// One word stands for no config at all; among others it names none.
func TestNoConfigIsTrained(t *testing.T) {
	t.Parallel()
	got, err := thresholds.Parse([]byte("preset: fast\nloop: {configs: [none]}"))
	require.NoError(t, err)
	require.Equal(t, []string{thresholds.NoConfig}, got.Loop.Configs)
	_, err = thresholds.Parse([]byte("preset: fast\nloop: {configs: [none, sq5_2p]}"))
	require.ErrorContains(t, err, "loop.configs = ")
}

func TestEqualValuesHaveEqualVersions(t *testing.T) {
	t.Parallel()
	version := func(document string) string {
		snapshot, err := thresholds.Parse([]byte(document))
		require.NoError(t, err)
		require.Regexp(t, "^[0-9a-f]{12}$", snapshot.Version)
		return snapshot.Version
	}
	standard := version("preset: standard")
	require.Equal(t, standard, version("preset: standard # as it is\ntrain: {epochs: 20}"))
	require.NotEqual(t, standard, version("preset: standard\ntrain: {epochs: 21}"))
	require.NotEqual(t, standard, version("preset: fast"))
}

func TestRecordHoldsEveryValue(t *testing.T) {
	t.Parallel()
	snapshot, err := thresholds.Parse([]byte("preset: fast\nloop: {circuit_max: 90s}"))
	require.NoError(t, err)
	record, err := snapshot.Record()
	require.NoError(t, err)
	var got struct {
		Preset, Version string
		Values          map[string]map[string]any
	}
	require.NoError(t, json.Unmarshal(record, &got))
	require.Equal(t, []string{"fast", snapshot.Version}, []string{got.Preset, got.Version})
	require.Equal(t, "1m30s", got.Values["loop"]["circuit_max"])
	require.EqualValues(t, 200, got.Values["export"]["min_games_2p"])

	again, err := thresholds.Parse(append([]byte("preset: fast\n"), yamlOf(t, got.Values)...))
	require.NoError(t, err, "what is recorded can be read as a file")
	require.Equal(t, snapshot.Version, again.Version)
}

func yamlOf(t *testing.T, values map[string]map[string]any) (document []byte) {
	t.Helper()
	for group, keys := range values {
		text, err := json.Marshal(keys)
		require.NoError(t, err)
		document = append(document, group+": "+string(text)+"\n"...)
	}
	return document
}

// TestFaults holds what is said of every wrong document in testdata/faults.
func TestFaults(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/faults/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			document, err := os.ReadFile(path)
			require.NoError(t, err)
			_, fault := thresholds.Read(filepath.Base(path), document)
			require.Error(t, fault)
			golden := strings.TrimSuffix(path, ".yaml") + ".golden"
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(fault.Error()+"\n"), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err, "run `go test ./internal/thresholds -update` to write it")
			require.Equal(t, string(want), fault.Error()+"\n", "`go test ./internal/thresholds -update` accepts it")
		})
	}
}

func TestParseRefusesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	_, err := thresholds.Parse([]byte("preset: fast\n" + strings.Repeat("#\n", 1<<16)))
	require.ErrorContains(t, err, "larger than 131072 bytes")

	_, err = thresholds.Parse([]byte("preset: fast\n" + strings.Repeat("train: {zzz: 1}\n", 1000)))
	var faults *thresholds.Faults
	require.ErrorAs(t, err, &faults)
	require.Len(t, faults.List, 51)
	require.Equal(t, "there are too many faults to read on: mend those before this line", faults.List[50].Fix)
}

// FuzzParse: whatever the document, it is taken as a whole or refused with faults that say where and what to do.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/faults/*.yaml")
	require.NoError(f, err)
	for _, path := range paths {
		document, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(document)
	}
	f.Add([]byte("preset: standard\ntrain: {epochs: 3}\n"))
	f.Fuzz(func(t *testing.T, document []byte) {
		snapshot, err := thresholds.Parse(document)
		if err == nil {
			require.NotEmpty(t, snapshot.Version)
			return
		}
		var faults *thresholds.Faults
		require.ErrorAs(t, err, &faults)
		require.NotEmpty(t, faults.List)
		require.Empty(t, snapshot.Version, "nothing of a wrong document counts")
		for _, fault := range faults.List {
			require.NotEmpty(t, fault.Fix)
			require.True(t, fault.Key != "" || len(faults.List) == 1, "only what cannot be read at all names no key: %s", err)
			require.Less(t, len(fault.String()), 2000)
		}
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	now, err := thresholds.Parse([]byte("preset: standard\nevaluate:\n  elo1: 50\n"))
	require.NoError(t, err)
	one, err := thresholds.Explain("evaluate.elo1", &now)
	require.NoError(t, err)
	require.Len(t, one, 1)
	require.Equal(t, thresholds.Explanation{
		Key: "evaluate.elo1", Help: "sequential test: the gain that is worth having", Unit: "Elo", Allowed: "a number from -400 to 400",
		Rules: []string{"evaluate.elo0 is below evaluate.elo1: the test tells two gains apart"},
		Fast:  "35", Standard: "35", Value: "50", Line: 3,
	}, one[0])

	group, err := thresholds.Explain("loop.attempts", nil)
	require.NoError(t, err)
	require.Len(t, group, 10)
	require.Empty(t, group[0].Value, "what is in force is unknown")

	for key, want := range map[string]string{
		"evaluate.elo2": "did you mean evaluate.elo", "Evaluate.Elo1": "did you mean evaluate.elo1", "epochs": "did you mean train.epochs",
		"trian": "did you mean train?", "quite something else": "the groups are loop, selfplay", ".": "the groups are loop",
	} {
		_, err = thresholds.Explain(key, nil)
		var unknown *thresholds.UnknownKey
		require.ErrorAs(t, err, &unknown, key)
		require.ErrorContains(t, err, want)
	}
}
