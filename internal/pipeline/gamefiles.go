package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

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
		Place: data.Place{Role: data.RoleSynced, Name: syncedName(holders[0].Node, item.Name)},
	}, nil
}

// syncedName is that of a file where nodes keep what is another one's: below its source. The name that the catalog has
// tells the source already if it was seen first where the file had been brought to.
func syncedName(source, name string) string {
	if sourced := strings.Count(name, "/") == 2; sourced {
		return name
	}
	return path.Join(source, name)
}

// GamesOutput is a file of games of the ledger as what a stage leaves.
func GamesOutput(ctx context.Context, l *ledger.Ledger, file ledger.GameFile) (jobs.Output, error) {
	input, err := GamesInput(ctx, l, "", file.SHA256)
	return jobs.Output{
		Role: workload.RoleGames, Place: input.Place, SHA256: input.SHA256, Bytes: input.Bytes, Records: &file.Games, LogicalDigest: file.LogicalDigest,
	}, err
}

// GameFilesOf are the files of games that a job is given.
func GameFilesOf(request jobs.Request) (files []jobs.Input) {
	for _, input := range request.Inputs {
		if input.Role == workload.RoleGames {
			files = append(files, input)
		}
	}
	return files
}

// OnlyGames is a request with others in place of its files of games, for a command whose params name these as games.
func OnlyGames(request jobs.Request, others []jobs.Input) (jobs.Request, error) {
	inputs := slices.DeleteFunc(slices.Clone(request.Inputs), func(input jobs.Input) bool { return input.Role == workload.RoleGames })
	request.Inputs = append(slices.Clone(others), inputs...)
	var names []string
	for _, input := range others {
		names = append(names, input.Name)
	}
	err := setParam(&request, "games", names)
	return request, err
}

// setParam changes one of a request's params.
func setParam(request *jobs.Request, name string, value any) error {
	params := map[string]json.RawMessage{}
	err := json.Unmarshal(request.Params, &params)
	if err != nil {
		return fmt.Errorf("read the params of %s: %w", request.Command, err)
	}
	if params[name], err = json.Marshal(value); err == nil {
		request.Params, err = json.Marshal(params)
	}
	if err != nil {
		return fmt.Errorf("encode the params of %s: %w", request.Command, err)
	}
	return nil
}
