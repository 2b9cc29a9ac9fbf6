package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// GamesInput makes a file of games an input of a job, under the name by which its params call it. A node that does not
// have it keeps it as one of the node that has. If no node has it, the error is that of Needed.
func GamesInput(ctx context.Context, l *ledger.Ledger, name, sha256 string) (jobs.Input, error) {
	sum, err := data.ParseSum(sha256)
	if err != nil {
		return jobs.Input{}, fmt.Errorf("file of games: %w", err)
	}
	item, err := l.Item(ctx, sha256)
	if errors.Is(err, ledger.ErrNotFound) {
		return jobs.Input{}, Wait("the catalog does not have the file of games %s", sha256)
	}
	if err != nil {
		return jobs.Input{}, err
	}
	holders, err := l.Holders(ctx, sha256)
	if err != nil {
		return jobs.Input{}, err
	}
	if len(holders) == 0 {
		return jobs.Input{}, &lacking{jobs.Input{Name: name, Role: workload.RoleGames, SHA256: sum, Bytes: item.Bytes}, "no node has the file of games " + sha256}
	}
	return jobs.Input{
		Name: name, Role: workload.RoleGames, SHA256: sum, Bytes: item.Bytes,
		Place: data.Place{Role: data.RoleSynced, Name: path.Join(holders[0].Node, item.Name)},
	}, nil
}

// GamesOutput is a file of games of the ledger as what a stage leaves.
func GamesOutput(ctx context.Context, l *ledger.Ledger, file ledger.GameFile) (jobs.Output, error) {
	input, err := GamesInput(ctx, l, "", file.SHA256)
	return jobs.Output{
		Role: workload.RoleGames, Place: input.Place, SHA256: input.SHA256, Bytes: input.Bytes, Records: &file.Games, LogicalDigest: file.LogicalDigest,
	}, err
}
