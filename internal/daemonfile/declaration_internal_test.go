package daemonfile

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryFieldIsDeclaredInFull(t *testing.T) {
	t.Parallel()
	list := entryFields()
	for _, f := range list {
		require.NotEmpty(t, f.tag.Get("example"), "%s has no example", f.key)
		list = append(list, f.section()...)
	}
	require.Greater(t, len(list), 40)
	seen := map[string]bool{}
	for _, f := range list {
		require.Regexp(t, `^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?$`, f.key)
		require.False(t, seen[f.key], f.key)
		seen[f.key] = true
		require.NotEmpty(t, f.tag.Get("help"), "%s has no help", f.key)
		require.NotRegexp(t, `^[A-Z]|\.$`, f.tag.Get("help"), "%s: help goes on a line with others", f.key)
		requireValues(t, f)
	}
}

// requireValues demands that every tag that holds a value holds one.
func requireValues(t *testing.T, f field) {
	t.Helper()
	if f.section() != nil {
		return
	}
	_, limited := f.choices()
	name := f.tag.Get("form")
	require.Equal(t, name != "", f.form().words != "", "form of %s", f.key)
	if _, is := f.value.Interface().(bool); !is && !(limited && f.value.Kind() == reflect.String) {
		for _, bound := range []string{"min", "max"} {
			text, given := f.tag.Lookup(bound)
			require.True(t, given, "%s has no %s", f.key, bound)
			if slices.Contains([]string{"int", "Duration", "Size"}, f.value.Type().Name()) { // others are bounded by length
				_, right := f.parse(text)
				require.True(t, right, "%s of %s", bound, f.key)
			}
		}
		require.Less(t, f.bound("min"), f.bound("max"), f.key)
	}
	if f.fallback != "" {
		value, right := f.parse(f.fallback)
		require.True(t, right && f.inBounds(value), "default of %s", f.key)
	}
}

// Every line that the example has as a comment is valid, together with what it needs.
func TestExampleShowsEveryField(t *testing.T) {
	t.Parallel()
	file, err := Parse("example", Example(), "/srv")
	require.NoError(t, err)
	require.Len(t, file.entries, 1)
	require.Equal(t, "hello", file.entries[0].name)

	needs := map[string]string{"time_zone": "schedule", "catch_up": "schedule", "run_timeout": "schedule", "roles": "scope"}
	for _, f := range entryFields() {
		var open strings.Builder
		for line := range strings.Lines(string(Example())) {
			key, _, _ := strings.Cut(strings.TrimSpace(line), ":")
			switch {
			case key == "#"+f.name, needs[f.name] != "" && key == "#"+needs[f.name]:
				open.WriteString(strings.Replace(line, "#", "", 1))
			case key == f.name: // what runs has it too
			case f.name == "command" && key == "shell":
			default:
				open.WriteString(line)
			}
		}
		require.Contains(t, open.String(), "\n    "+f.name+": ", "the example has %s", f.name)
		_, err := Parse("example", []byte(open.String()), "/srv")
		require.NoError(t, err, f.name)
	}
}
