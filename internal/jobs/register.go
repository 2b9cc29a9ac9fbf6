package jobs

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// ItemRole is what the ledger's catalog calls the items of a role: the same for a file wherever it lies.
func ItemRole(role data.Role) string {
	switch role {
	case data.RoleStore, data.RoleSegment, data.RoleSnapshot, data.RoleSynced:
		return "games"
	}
	return string(role)
}

// HolderPath is where a file lies below a node's data folder, as the catalog says it.
func HolderPath(place data.Place) string {
	for _, folder := range data.Layout() {
		if folder.Role == place.Role {
			return path.Join(folder.Path, place.Name)
		}
	}
	return place.String() // a role of a newer build
}

// BatchID names the games of one attempt.
func BatchID(jobID string, attempt int64) string { return fmt.Sprintf("%s/%d", jobID, attempt) }

// register makes known what an attempt has left on its node: items, copies and games.
func (g *grant) register(ctx context.Context, job ledger.Job, report *Report) error {
	var copies []ledger.Holder
	for _, output := range report.Outputs {
		item := ledger.Item{
			SHA256: output.SHA256.String(), Role: ItemRole(output.Place.Role), Name: output.Place.Name, ConfigKey: g.ConfigKey,
			Bytes: output.Bytes, LogicalDigest: output.LogicalDigest,
		}
		if _, err := g.session.AddItem(ctx, item); err != nil {
			return err
		}
		copies = append(copies, ledger.Holder{SHA256: item.SHA256, Path: HolderPath(output.Place), State: ledger.CopyVerified})
	}
	if len(copies) > 0 {
		if err := g.session.ReportHoldings(ctx, report.Node, copies); err != nil {
			return err
		}
	}
	if err := g.registerCheckpoint(ctx, report.Checkpoint); err != nil {
		return err
	}
	if err := g.registerCorrupt(ctx, report); err != nil {
		return err
	}
	return g.recordGames(ctx, job, report)
}

// registerCheckpoint makes a checkpoint known, so that another node can fetch it.
func (g *grant) registerCheckpoint(ctx context.Context, from *Checkpoint) error {
	if from == nil {
		return nil
	}
	item := ledger.Item{SHA256: from.SHA256.String(), Role: ItemRole(from.Place.Role), Name: from.Place.Name, ConfigKey: g.ConfigKey, Bytes: from.Bytes}
	if _, err := g.session.AddItem(ctx, item); err != nil && !errors.Is(err, ledger.ErrConflict) {
		return err // else its bytes are those of what the job has made
	}
	return g.session.ReportHoldings(ctx, from.Node, []ledger.Holder{{SHA256: item.SHA256, Path: HolderPath(from.Place), State: ledger.CopyUnverified}})
}

// recordGames counts the games of a report. They are of its one games file.
func (g *grant) recordGames(ctx context.Context, job ledger.Job, report *Report) error {
	output, found := gamesOutput(report)
	if !found {
		return nil
	}
	request, err := requestOf(job)
	if err != nil {
		return err
	}
	file := ledger.GameFile{
		SHA256: output.SHA256.String(), ConfigKey: g.ConfigKey, BatchID: BatchID(g.JobID, report.Attempt), JobID: g.JobID,
		Node: report.Node, Purpose: purpose(request.Command), LogicalDigest: output.LogicalDigest,
	}
	if output.Records != nil {
		file.Games = *output.Records
	}
	_, err = g.session.RecordGames(ctx, file, report.Games)
	return err
}

// purpose is what a command plays its games for.
func purpose(command workload.Command) string {
	switch command {
	case workload.Evaluate:
		return ledger.PurposeEvaluation
	case workload.Match:
		return ledger.PurposeMatch
	}
	return ledger.PurposeSelfplay
}

// gamesOutput is the file that a report's games are in.
func gamesOutput(report *Report) (Output, bool) {
	for _, output := range report.Outputs {
		if output.Role == workload.RoleGames && len(report.Games) > 0 {
			return output, true
		}
	}
	return Output{}, false
}
