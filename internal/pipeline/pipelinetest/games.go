package pipelinetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/store"
)

// Games are the finished games in a file that a job has left, by id.
func (r *Rig) Games(output jobs.Output) (all []*store.Game) {
	r.Helper()
	reader, err := store.Open(r.Path(output))
	require.NoError(r, err)
	require.NoError(r, reader.Each(func(game *store.Game) error {
		all = append(all, game)
		return nil
	}))
	require.NoError(r, reader.Close())
	return all
}

// Sample has games played on node-1 of which the ledger does not hear, and returns them.
func (r *Rig) Sample(config string, count int) []*store.Game {
	r.Helper()
	params, err := json.Marshal(workload.SelfplayParams{Games: count, SearchBudget: 4})
	require.NoError(r, err)
	report, err := r.Node.Run(r.Context(), jobs.Assignment{
		JobID: fmt.Sprintf("sample-%d", serial.Add(1)), Attempt: 1, Kind: string(workload.Selfplay), ConfigKey: config,
		Request:  jobs.Request{Command: workload.Selfplay, Params: params, Seed: serial.Load()},
		IssuedAt: time.Unix(1_700_000_000, 0).UTC(), Resources: ledger.Resources{CPU: 1},
	}, nil)
	require.NoError(r, err)
	require.Len(r, report.Outputs, 1, report.Decision.Reason)
	return r.Games(report.Outputs[0])
}

// Truncate returns a game that has lost its last moves.
func Truncate(game *store.Game) *store.Game {
	cut := *game
	cut.Moves = game.Moves[:len(game.Moves)/2]
	return &cut
}

// Import puts games into a file on node-1 and into the ledger, which counts those that are complete.
func (r *Rig) Import(config string, all ...*store.Game) ledger.GameFile {
	r.Helper()
	return r.take(config, all, func(string) {})
}

// ImportUnreadable is Import of a file that is a whole database and lacks a column without which the workload cannot read
// any game.
func (r *Rig) ImportUnreadable(config string, all ...*store.Game) ledger.GameFile {
	r.Helper()
	return r.take(config, all, func(path string) { r.execute(path, "ALTER TABLE games RENAME COLUMN total_moves TO length") })
}

func (r *Rig) take(config string, all []*store.Game, spoil func(path string)) ledger.GameFile {
	r.Helper()
	item, digest := r.put(config, all, spoil)
	_, err := r.Session.AddItem(r.Context(), ledger.Item{
		SHA256: item.SHA256.String(), Role: jobs.ItemRole(item.Role), Name: item.Name, ConfigKey: config, Bytes: item.Bytes,
	})
	require.NoError(r, err)
	require.NoError(r, r.Session.ReportHoldings(r.Context(), r.Node.Name, []ledger.Holder{
		{SHA256: item.SHA256.String(), Path: jobs.HolderPath(item.Place), State: ledger.CopyVerified},
	}))
	file := ledger.GameFile{
		SHA256: item.SHA256.String(), ConfigKey: config, BatchID: "import/" + item.SHA256.String()[:16], Node: r.Node.Name,
		Purpose: ledger.PurposeImport, Games: digest.Games, LogicalDigest: digest.SHA256.String(),
	}
	_, err = r.Session.RecordGames(r.Context(), file, complete(all))
	require.NoError(r, err)
	return file
}

// put writes games into a file that lies on node-1.
func (r *Rig) put(config string, all []*store.Game, spoil func(path string)) (data.Item, games.Digest) {
	r.Helper()
	dir := r.TempDir()
	writer, err := store.Create(dir)
	require.NoError(r, err)
	for _, game := range all {
		require.NoError(r, writer.Put(game))
	}
	require.NoError(r, writer.Publish("games.db"))
	path := filepath.Join(dir, "games.db")
	digest, err := games.ReadDigest(r.Context(), path)
	require.NoError(r, err)
	spoil(path)
	item, err := r.Node.Files.AddFile(r.Context(), path, data.RoleSegment, func(content data.Content) string {
		return filepath.Join(config, content.SHA256.String()+".db")
	})
	require.NoError(r, err)
	return item, digest
}

// Tamper changes the games of a report's file, which becomes another one that agrees with itself.
func (r *Rig) Tamper(config string, report *jobs.Report, change func([]*store.Game)) {
	r.Helper()
	for i, output := range report.Outputs {
		if output.Role != workload.RoleGames {
			continue
		}
		all := r.Games(output)
		change(all)
		for _, game := range all {
			r.seal(game)
		}
		item, digest := r.put(config, all, func(string) {})
		output.Place, output.SHA256, output.Bytes, output.LogicalDigest = item.Place, item.SHA256, item.Bytes, digest.SHA256.String()
		report.Outputs[i] = output
	}
}

// seal gives a game the hash of its content anew, as whoever changes it by hand would.
func (r *Rig) seal(game *store.Game) {
	r.Helper()
	more := map[string]any{}
	require.NoError(r, json.Unmarshal([]byte(game.Metadata.String), &more))
	content := fmt.Sprintf("rules %s\nparticipants %s\nwinner %d\n", more["rules_hash"], game.Participants.String, game.Winner.Int64)
	for _, move := range game.Moves {
		content += fmt.Sprintf("%d %d %s %s\n", move.Number, move.Player, move.Move, move.Probs.String)
	}
	more["content_sha256"] = fmt.Sprintf("%x", sha256.Sum256([]byte(content)))
	text, err := json.Marshal(more)
	require.NoError(r, err)
	game.Metadata.String = string(text)
}

// complete are the games that have all of their moves, as the ledger keeps them.
func complete(all []*store.Game) (counted []ledger.Game) {
	for _, game := range all {
		if len(game.Moves) == game.TotalMoves {
			counted = append(counted, ledger.Game{
				ID: game.ID, Moves: int64(game.TotalMoves), Winner: game.Winner.Int64, FinishedAt: time.Unix(1_700_000_000, 0).UTC(),
			})
		}
	}
	return counted
}
