package thresholds

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEveryFieldIsDeclaredInFull(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range new(Thresholds).tree().all() {
		require.Regexp(t, `^([a-z][a-z0-9]*(_[a-z0-9]+)*\.)+[a-z][a-z0-9]*(_[a-z0-9]+)*$`, f.key)
		require.False(t, seen[f.key], f.key)
		seen[f.key] = true
		for _, tag := range []string{"help", "unit"} {
			require.NotEmpty(t, f.tag.Get(tag), "%s has no %s", f.key, tag)
		}
		require.NotRegexp(t, `^[A-Z]|\.$`, f.tag.Get("help"), "%s: help goes on a line with others", f.key)
		for _, name := range Presets() {
			_, given := f.tag.Lookup(name)
			require.True(t, given, "%s has no value in preset %s", f.key, name)
		}
		requireBounds(t, f)
	}
	require.NotEmpty(t, seen)
	for _, s := range new(Thresholds).tree().every()[1:] {
		require.NotEmpty(t, s.help, "group %s has no help", s.key)
		require.NotEmpty(t, s.all(), "group %s is empty", s.key)
	}
}

func requireBounds(t *testing.T, f field) {
	t.Helper()
	if texts, limited := f.choices(); limited {
		require.Greater(t, len(texts), 1, f.key)
		return
	}
	for _, bound := range []string{"min", "max"} {
		text, given := f.tag.Lookup(bound)
		require.True(t, given, "%s has no %s", f.key, bound)
		var err error
		if _, is := f.value.Interface().(time.Duration); is {
			_, err = time.ParseDuration(text)
		} else {
			_, err = strconv.ParseFloat(text, 64)
		}
		require.NoError(t, err, "%s of %s", bound, f.key)
	}
	require.Less(t, f.bound("min"), f.bound("max"), f.key)
}

func TestPresetsHold(t *testing.T) {
	t.Parallel()
	for _, name := range Presets() {
		values, err := Preset(name)
		require.NoError(t, err)
		require.Empty(t, values.broken(nil), "preset %s", name)
	}
	_, err := Preset("slow")
	require.ErrorContains(t, err, `preset is "slow": choose fast or standard`)
}

func TestRulesAreAboutKeysOfOneKind(t *testing.T) {
	t.Parallel()
	units := map[string]string{}
	for _, f := range new(Thresholds).tree().all() {
		units[f.key] = f.tag.Get("unit")
	}
	for _, rule := range Rules() {
		require.NotEmpty(t, units[rule.Lower], "%s has no key %s", rule, rule.Lower)
		require.NotEmpty(t, units[rule.Upper], "%s has no key %s", rule, rule.Upper)
		if rule.Limit == Provable {
			require.Equal(t, []string{"share of the games", "games"}, []string{units[rule.Lower], units[rule.Upper]}, rule.String())
			continue
		}
		require.Equal(t, units[rule.Lower], units[rule.Upper], rule.String())
	}
}

// Every rule is seen to be broken by some values: the lower key at the top of what it may be, the upper one at the bottom.
func TestEveryRuleCanBeBroken(t *testing.T) {
	t.Parallel()
	for _, rule := range Rules() {
		values, err := Preset(Standard)
		require.NoError(t, err)
		for _, f := range values.tree().all() {
			switch f.key {
			case rule.Lower:
				require.NoError(t, f.set(f.tag.Get("max")))
			case rule.Upper:
				require.NoError(t, f.set(f.tag.Get("min")))
			}
		}
		require.Contains(t, values.broken(nil), rule)
		for _, key := range rule.keys() {
			require.NotContains(t, values.broken(map[string]bool{key: true}), rule)
		}
	}
}

// A file that init makes says the same as its preset, with its lines as comments and without.
func TestNewFileSaysWhatThePresetSays(t *testing.T) {
	t.Parallel()
	for _, name := range Presets() {
		values, err := Preset(name)
		require.NoError(t, err)
		want, err := snapshotOf(values, name, map[string]int{})
		require.NoError(t, err)
		file := values.file(name)
		got, err := Parse([]byte(file))
		require.NoError(t, err)
		require.Equal(t, want, got)

		var open strings.Builder
		for line := range strings.Lines(file) {
			open.WriteString(strings.TrimPrefix(line, "#"))
		}
		got, err = Parse([]byte(open.String()))
		require.NoError(t, err)
		require.Equal(t, want.Version, got.Version)
		require.Len(t, got.Lines, len(values.tree().all()), "every key is in the file")
		require.Less(t, len(file), maxBytes/4)
	}
}
