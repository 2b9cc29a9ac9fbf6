package cli_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/cli"
)

// The shapes below are promised to scripts: every field is there in every row, and no other.

func TestListShape(t *testing.T) {
	t.Parallel()
	h := setup(t)
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "list", "--all", "-o", "json"))
	var list []map[string]any
	require.NoError(t, json.Unmarshal(h.out.Bytes(), &list))
	require.Len(t, list, len(rows()))
	for _, row := range list {
		requireFields(t, row, `type category runner depends_on health_check_interval_seconds
			effective_health_check_interval_seconds auto_restart max_restarts critical deprecated deprecated_message
			replacement resolves_to scope startup_position status added`)
		require.IsType(t, []any{}, row["depends_on"], "depends_on of %s is a list, also when empty", row["type"])
	}
}

func TestStatusShape(t *testing.T) {
	t.Parallel()
	h := raised(t, troubled())
	require.Equal(t, cli.ExitDone, h.run(t.Context(), "status", "-o", "json"))
	var status struct {
		Daemons []map[string]any `json:"daemons"`
		Summary map[string]any   `json:"summary"`
	}
	decoder := json.NewDecoder(&h.out)
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&status))
	require.Len(t, status.Daemons, 6, "four daemons and two members")
	for _, row := range status.Daemons {
		requireFields(t, row, `daemon node kind phase desired ready restart_count epoch since last_error blocked_on next_try_at health`)
		require.IsType(t, []any{}, row["blocked_on"], row["daemon"])
	}
	requireFields(t, status.Summary, `fleet installation total ready phases nodes planned`)
}

func requireFields(t *testing.T, row map[string]any, fields string) {
	t.Helper()
	require.ElementsMatch(t, strings.Fields(fields), slices.Collect(maps.Keys(row)))
}
