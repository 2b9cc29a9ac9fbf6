package daemons

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

// reference is what the reference document says, read from its tables and listings.
type reference struct {
	rows       []referenceRow
	critical   []spec.Type
	startup    []spec.Type
	deprecated []migration
}

type referenceRow struct {
	Type     spec.Type
	Runner   string
	Needs    []spec.Type
	Interval time.Duration
	Status   string
	Category spec.Category
}

type migration struct {
	Type, Replacement spec.Type
	Hint              string
}

var (
	sectionPattern   = regexp.MustCompile(`^### (\w+) \(\d+ daemons\)$`)
	rowPattern       = regexp.MustCompile("^\\| `([A-Z0-9_]+)` +\\| `(create_\\w+)` +\\| ([A-Z0-9_, ]+|None) +\\| (\\d+)s +\\| \\**(\\w+)\\** +\\|$")
	migrationPattern = regexp.MustCompile("^\\| `([A-Z0-9_]+)` +\\| `?([A-Z0-9_]+|-)`? +\\| Use (.+?) +\\|$")
	enumPattern      = regexp.MustCompile(`^    DaemonType\.([A-Z0-9_]+),`)
)

func parseReference(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/daemon-registry.md")
	require.NoError(t, err)
	var ref reference
	var category spec.Category
	var list *[]spec.Type
	for _, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "CRITICAL_DAEMONS = "):
			list = &ref.critical
		case strings.HasPrefix(line, "DAEMON_STARTUP_ORDER = "):
			list = &ref.startup
		}
		if m := sectionPattern.FindStringSubmatch(line); m != nil {
			category = spec.Category(strings.ToLower(m[1]))
		} else if m := rowPattern.FindStringSubmatch(line); m != nil {
			ref.rows = append(ref.rows, parseRow(t, m, category))
		} else if m := migrationPattern.FindStringSubmatch(line); m != nil {
			ref.deprecated = append(ref.deprecated, migration{spec.Type(m[1]), spec.Type(m[2]), strings.ReplaceAll(m[3], "`", "")})
		} else if m := enumPattern.FindStringSubmatch(line); m != nil {
			*list = append(*list, spec.Type(m[1]))
		}
	}
	// What the document holds, so that a pattern that stops matching is seen.
	require.Len(t, ref.rows, 78)
	require.Len(t, ref.critical, 7)
	require.Len(t, ref.startup, 21)
	require.Len(t, ref.deprecated, 11)
	return ref
}

func parseRow(t *testing.T, m []string, category spec.Category) referenceRow {
	t.Helper()
	row := referenceRow{Type: spec.Type(m[1]), Runner: m[2], Status: m[5], Category: category}
	if needs := strings.TrimSpace(m[3]); needs != "None" {
		for _, name := range strings.Split(needs, ", ") {
			row.Needs = append(row.Needs, spec.Type(name))
		}
	}
	seconds, err := strconv.Atoi(m[4])
	require.NoError(t, err, row.Type)
	row.Interval = time.Duration(seconds) * time.Second
	return row
}
