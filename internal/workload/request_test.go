package workload_test

import (
	"database/sql"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // makes the games tables

	"github.com/ringrift/orchestrator/internal/workload"
)

func TestARequestsFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	r := request()
	r.JobID, r.Attempt, r.Command, r.Seed, r.Limits.CPU = "../x", 0, "fly", workload.MaxSeed+1, 0
	r.OutputDir, r.Params = "out", json.RawMessage("[]")
	input := workload.Input{Name: "Games 1", Path: "relative", SHA256: "short"}
	r.Inputs = []workload.Input{input, input}
	require.ElementsMatch(t, []string{
		"job_id", "attempt", "command", "seed", "limits.cpu", "output_dir", "params",
		"inputs[0].name", "inputs[0].path", "inputs[0].sha256", "inputs[1].name", "inputs[1].name", "inputs[1].path", "inputs[1].sha256",
	}, fields(t, r.Check()))
}

func TestARequestSurvivesItsFile(t *testing.T) {
	t.Parallel()
	r := request()
	r.OutputDir = "/somewhere/out"
	r.Inputs = []workload.Input{{Name: "model", Role: workload.RoleModel, Path: "/m", SHA256: strings.Repeat("0", 64)}}
	text, err := json.Marshal(r)
	require.NoError(t, err)
	read, err := workload.ParseRequest(text)
	require.NoError(t, err)
	require.Equal(t, &r, read)
	_, err = workload.ParseRequest([]byte(strings.Replace(string(text), `"attempt"`, `"atempt"`, 1)))
	require.ErrorContains(t, err, "atempt")
	_, err = read.Input("nowhere")
	require.ErrorContains(t, err, "nowhere")
}

func TestAnAttemptNeedsAFolderOfItsOwn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "attempt")
	_, err := workload.NewAttempt(dir, request())
	require.NoError(t, err)
	_, err = workload.NewAttempt(dir, request())
	require.ErrorContains(t, err, "exists")
}

func TestFaultsThatTheContractHas(t *testing.T) {
	t.Parallel()
	for _, fault := range append(workload.Faults(), "", "exit:0", workload.ExitFault(workload.ExitDiskFull)) {
		require.NoError(t, fault.Check(), fault)
	}
	for _, fault := range []workload.Fault{"exit:", "exit:256", "exit:-1", "explode"} {
		require.Error(t, fault.Check(), fault)
	}
}

// TestTheGamesSchemaHasTheColumnsThatReadersAskFor makes the tables and reads their columns.
func TestTheGamesSchemaHasTheColumnsThatReadersAskFor(t *testing.T) {
	t.Parallel()
	database, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "games.db"))
	require.NoError(t, err)
	defer database.Close()
	_, err = database.Exec(workload.GamesSchema)
	require.NoError(t, err)
	for table, columns := range workload.GamesColumns() {
		_, err := database.Exec("SELECT " + strings.Join(columns, ", ") + " FROM " + table)
		require.NoError(t, err, table)
	}
	require.Equal(t, []string{"game_moves", "games"}, slices.Sorted(maps.Keys(workload.GamesColumns())))
}
