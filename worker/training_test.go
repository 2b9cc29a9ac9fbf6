package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/thresholds"
	"github.com/ringrift/orchestrator/internal/workload"
)

// A key that nothing reads lies to whoever sets it: each of them, changed alone, changes what a daemon is given.
func TestEveryThresholdIsRead(t *testing.T) {
	t.Parallel()
	preset := "preset: " + thresholds.Standard + "\n"
	standard, err := trainingBy(t, preset)
	require.NoError(t, err)
	before := standard.everything()
	keys, err := thresholds.Explain("", nil)
	require.NoError(t, err)
	for _, key := range keys {
		var accepted, read int
		for _, value := range valuesOf(key) {
			parts := strings.Split(key.Key, ".")
			changed, err := trainingBy(t, preset+strings.Join(parts, ": {")+": "+value+strings.Repeat("}", len(parts)-1))
			if err != nil || changed.now().Version == standard.now().Version {
				continue
			}
			accepted++
			if changed.everything() != before {
				read++
			}
		}
		require.Positive(t, accepted, "the test finds no other value of %s", key.Key)
		require.Positive(t, read, "nothing reads %s", key.Key)
	}
}

// Whatever thresholds are accepted, candidates can be judged by them.
func TestThresholdsGiveAValidPolicy(t *testing.T) {
	t.Parallel()
	var keys []thresholds.Explanation
	for _, group := range []string{"evaluate", "promote", "production"} {
		of, err := thresholds.Explain(group, nil)
		require.NoError(t, err)
		keys = append(keys, of...)
	}
	random, accepted := rand.New(rand.NewPCG(1, 2)), 0
	for range 1000 {
		preset := thresholds.Presets()[random.IntN(len(thresholds.Presets()))]
		lines := map[string]string{}
		for range random.IntN(6) { // none: the preset itself
			key := keys[random.IntN(len(keys))]
			group, name, _ := strings.Cut(key.Key, ".")
			values := valuesOf(key)
			lines[group] += "\n  " + name + ": " + values[random.IntN(len(values))]
		}
		document := fmt.Sprintf("preset: %s\nevaluate:%s\npromote:%s\nproduction:%s\n", preset, lines["evaluate"], lines["promote"], lines["production"])
		loop, err := trainingBy(t, document)
		if err != nil {
			continue
		}
		accepted++
		require.NoError(t, loop.policy().Validate(), document)
		require.NoError(t, loop.production("hex_2p").Policy.Validate(), document)
	}
	require.Greater(t, accepted, 300)
}

// trainingBy is what a thresholds file makes of training, with a configuration for each number of players.
func trainingBy(t *testing.T, document string) (*training, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), thresholds.FileName)
	require.NoError(t, os.WriteFile(path, []byte(document), 0o600))
	games := &workload.Workload{Manifest: &workload.Manifest{Name: "games", Configs: []workload.Config{
		{Key: "hex_2p", Players: 2}, {Key: "hex_3p", Players: 3}, {Key: "hex_4p", Players: 4},
	}}}
	set, err := workload.NewSet(games)
	require.NoError(t, err)
	loop := &training{source: thresholds.NewSource(path, time.Now, nil), workloads: set}
	_, err = loop.source.Current()
	return loop, err
}

// everything is all that the daemons are given, without the version, which changes with every key.
func (t *training) everything() string {
	all := []any{
		t.configs(), t.selfplay(), t.consolidation(), t.export(), t.combination(), t.trainer(), t.evaluation(), t.promotion(), t.tournament(),
		t.feedback(), t.quality(), t.performance(), t.metrics(), t.idle(), t.placing(), t.distillation(),
	}
	for _, key := range t.workloads.Keys() {
		all = append(all, t.terms(key), t.production(key), t.gauntlet(key))
	}
	return strings.ReplaceAll(fmt.Sprintf("%+v", all), t.now().Version, "")
}

var (
	least = regexp.MustCompile(`from (\S+) to \S+$`)
	last  = regexp.MustCompile(`(\[.*\]|\S+)$`) // the most, the last choice or an example
)

// valuesOf are some values that a key may have by itself: those of the presets, its bounds, and between them.
func valuesOf(key thresholds.Explanation) []string {
	values := []string{key.Fast, key.Standard, last.FindString(key.Allowed)}
	if bounds := least.FindStringSubmatch(key.Allowed); bounds != nil {
		values = append(values, bounds[1], halfway(bounds[1], key.Standard), halfway(key.Standard, values[2]))
	}
	return values
}

func halfway(from, to string) string {
	if a, err := time.ParseDuration(from); err == nil && strings.ContainsAny(from, "hms") {
		b, _ := time.ParseDuration(to)
		return ((a + b) / 2).String()
	}
	a, _ := strconv.ParseFloat(from, 64)
	b, _ := strconv.ParseFloat(to, 64)
	half := (a + b) / 2
	if !strings.Contains(from+to, ".") {
		half = math.Trunc(half) // it may be a whole number
	}
	return strconv.FormatFloat(half, 'f', -1, 64)
}
