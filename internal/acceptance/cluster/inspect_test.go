//go:build acceptance

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// loadWorkloads reads those that the tests call by themselves.
var loadWorkloads = sync.OnceValues(func() (workload.Set, error) {
	folder := os.Getenv("WORKLOADS_DIR")
	first, errFirst := workload.Load(filepath.Join(folder, mini))
	second, errSecond := workload.Load(filepath.Join(folder, python))
	if err := errors.Join(errFirst, errSecond); err != nil {
		return workload.Set{}, err
	}
	return workload.NewSet(first, second)
})

// runCommand runs a command of the workload that offers its configuration, without any of the orchestrator.
func runCommand(ctx context.Context, attempt *workload.Attempt) error {
	set, err := loadWorkloads()
	if err != nil {
		return err
	}
	offering, _, err := set.Of(attempt.Request.ConfigKey)
	if err != nil {
		return err
	}
	line := append(offering.CommandLine(attempt.Request.Command), "--request", attempt.RequestPath())
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Dir = attempt.Dir
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", offering.Manifest.Name, attempt.Request.Command, err, output)
	}
	return nil
}

// inspect asks the workload for the facts of a games file; it replays every game.
func (r *rig) inspect(config, path string) (found workload.InspectMetrics) {
	r.Helper()
	sum, _, err := workload.HashFile(path)
	require.NoError(r, err)
	attempt, err := workload.NewAttempt(filepath.Join(r.TempDir(), "inspect"), workload.Request{
		Contract: workload.Contract, JobID: "inspect", Attempt: 1, Command: workload.Inspect, ConfigKey: config, IssuedAt: time.Now(),
		Limits: workload.Limits{CPU: 1}, Inputs: []workload.Input{{Name: "games", Role: workload.RoleGames, Path: path, SHA256: sum}},
		Params: json.RawMessage(`{"file":"games","verify":1,"list_ids":true}`),
	})
	require.NoError(r, err)
	require.NoError(r, runCommand(r.Context(), attempt))
	text, err := os.ReadFile(attempt.ResultPath())
	require.NoError(r, err)
	var result workload.Result
	require.NoError(r, json.Unmarshal(text, &result))
	require.NoError(r, json.Unmarshal(result.Metrics, &found))
	return found
}

// requireHonestGames replays each file of games of a configuration, and compares it with what the ledger counts in it.
func (r *rig) requireHonestGames(config string) {
	r.Helper()
	files := r.ledger(`SELECT sha256 FROM game_files WHERE config_key = ? AND games > 0`, config)
	require.NotEmpty(r, files, "games of %s", config)
	for _, sum := range files {
		facts := r.inspect(config, r.fileOf(sum))
		require.Empty(r, facts.ReplayErrors, "games of file %s", sum)
		require.Equal(r, facts.Games, facts.Verified, "every game was replayed")
		ids := slices.Concat(r.ledger("SELECT game_id FROM games WHERE file_sha256 = ?", sum), r.ledger("SELECT game_id FROM game_repeats WHERE file_sha256 = ?", sum))
		slices.Sort(ids)
		require.Equal(r, ids, facts.IDs, "games of file %s", sum)
	}
}

// fileOf is the path of a file of the catalog, on whichever node has it.
func (r *rig) fileOf(sum string) string {
	r.Helper()
	for _, node := range r.nodes {
		for _, path := range r.ledger("SELECT path FROM holders WHERE sha256 = ? AND node = ? AND state <> 'gone'", sum, node.name) {
			if _, err := os.Stat(filepath.Join(node.dir, path)); err == nil {
				return filepath.Join(node.dir, path)
			}
		}
	}
	require.Fail(r, "no node has the file", sum)
	return ""
}
