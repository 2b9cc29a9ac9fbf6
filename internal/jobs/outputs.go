package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/games"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// Bounds of a report, which travels through Temporal and into the ledger.
const (
	maxReportBytes   = 3 << 19   // with its games; Temporal takes 2 MiB
	maxDocumentBytes = 768 << 10 // without them; the ledger takes 1 MiB
)

// keep proves and stores what a command hands over, if its ending says that it counts.
func (t *attempt) keep(ctx context.Context, started *workload.Attempt, done *run.Report) error {
	result := done.Result
	if result == nil || t.Trial != nil || !counts(done.Decision.Action, t.Command) {
		return nil
	}
	t.teller.stage(StageStoring)
	t.report.Metrics, t.report.Counters = result.Metrics, result.Counters
	for i, output := range result.Outputs {
		if err := t.store(ctx, started.OutputPath(output), output); err != nil {
			return fmt.Errorf("output %s: %w", output.Path, err)
		}
		t.teller.step(float64(i+1), float64(len(result.Outputs)), "files")
	}
	return t.checkSize()
}

// counts says whether a verified result is used. Of a part of the work only games are: they go with others.
func counts(action workload.Action, command workload.Command) bool {
	switch action {
	case workload.ActionComplete, workload.ActionCompletePart:
		return true
	case workload.ActionRetryRemainder:
		return command == workload.Selfplay
	}
	return false
}

// store puts one output to the place of its role.
func (t *attempt) store(ctx context.Context, path string, output workload.Output) error {
	kept := Output{Role: output.Role, Records: output.Records}
	if output.Role == workload.RoleGames {
		if err := t.readGames(ctx, path, &kept); err != nil {
			return err
		}
	}
	place := func(content data.Content) string { return t.place(output.Role, content.SHA256, output.Path).Name }
	err := t.whenFree(ctx, func() error {
		item, err := t.config.Files.AddFile(ctx, path, t.place(output.Role, data.Sum{}, output.Path).Role, place)
		kept.Place, kept.SHA256, kept.Bytes = item.Place, item.SHA256, item.Bytes
		return err
	})
	switch {
	case errors.Is(err, data.ErrCorrupt):
		return permanent(classProtocol, "%v", err)
	case err != nil:
		return err
	case kept.SHA256.String() != output.SHA256:
		return permanent(classProtocol, "its bytes have changed since they were verified")
	}
	t.report.Outputs = append(t.report.Outputs, kept)
	return nil
}

// readGames takes the digest of a games file, and its games if they are new ones of this attempt.
func (t *attempt) readGames(ctx context.Context, path string, kept *Output) error {
	digest, complete, err := games.Examine(ctx, path)
	if err != nil {
		return unreadable(ctx, err)
	}
	kept.Records, kept.LogicalDigest = &digest.Games, digest.SHA256.String()
	if !slices.Contains([]workload.Command{workload.Selfplay, workload.Evaluate, workload.Match}, t.Command) {
		return nil
	}
	if digest.Games > ledger.MaxGames {
		return permanent(classTooLarge, "it has %d games, at most %d are taken: ask for fewer", digest.Games, ledger.MaxGames)
	}
	found, skipped, err := t.finishedGames(ctx, path, complete)
	if err != nil {
		return unreadable(ctx, err)
	}
	if skipped != "" {
		t.report.Flags = append(t.report.Flags, cut(skipped))
	}
	t.report.Games = append(t.report.Games, found...)
	return nil
}

// unreadable is the verdict on a games file that cannot be read: the workload would write it again.
func unreadable(ctx context.Context, err error) error {
	var known *verdict
	if ctx.Err() != nil || errors.As(err, &known) {
		return err
	}
	return permanent(classProtocol, "%v", err)
}

// checkSize keeps a report within what can be stored.
func (t *attempt) checkSize() error {
	all, err := json.Marshal(t.report)
	if err != nil {
		return permanent(classProtocol, "what it reports cannot be written as JSON: %v", err)
	}
	without := t.report
	without.Games = nil
	document, err := json.Marshal(without)
	if err != nil {
		return permanent(classProtocol, "what it reports cannot be written as JSON: %v", err)
	}
	if len(all) <= maxReportBytes && len(document) <= maxDocumentBytes {
		return nil
	}
	t.report.Games, t.report.Metrics, t.report.Counters, t.report.Outputs, t.report.Curves = nil, nil, nil, nil, nil
	return permanent(classTooLarge, "it reports %d bytes, %d of them without games: at most %d and %d are taken; ask for less at once",
		len(all), len(document), maxReportBytes, maxDocumentBytes)
}
