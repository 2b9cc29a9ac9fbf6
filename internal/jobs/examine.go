package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/data/format"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/run"
)

// examine finds out which inputs are to blame after a command has called one bad, or has failed where it was to prove that
// one is. Only what is proved corrupt is put into quarantine: by its hash, by its format, by the workload's own word when it
// is asked about the file alone, or by trials. If nothing is, the command's word stands, and no file suffers from it.
func (t *attempt) examine(ctx context.Context) error {
	for i, input := range t.Inputs {
		for _, item := range t.config.Files.Find(input.SHA256) {
			verdict, err := t.config.Files.Verify(ctx, item)
			if err != nil {
				return err
			}
			if verdict.State == format.Valid {
				if verdict, err = t.doubt(ctx, i, item); err != nil {
					return err
				}
			}
			if err := t.setAside(input, item, verdict); err != nil {
				return err
			}
		}
	}
	if len(t.report.Corrupt) > 0 {
		decision := &t.report.Decision
		decision.Action, decision.Class = workload.ActionRebuildInput, classBadInput
		decision.Reason += ": " + corruptText(t.report.Corrupt)
	}
	return nil
}

// blamed is what there is against an input, if the ending of this attempt proves it.
func (t *attempt) blamed() *Blame {
	if t.Trial == nil || t.Trial.Blame == nil || t.Trial.Blame.Class != t.report.Decision.Class {
		return nil
	}
	return t.Trial.Blame
}

// doubt judges a file whose bytes are right.
func (t *attempt) doubt(ctx context.Context, number int, item data.Item) (format.Verdict, error) {
	switch blame := t.blamed(); {
	case blame == nil:
		return t.ask(ctx, number, item)
	case blame.Input == t.Inputs[number].Name:
		return format.Verdict{State: format.Corrupt, Reason: blame.Reason, Genuine: true}, nil
	}
	return format.Verdict{State: format.Unknown, Reason: "another input is to blame"}, nil
}

// setAside moves a copy away that is proved corrupt.
func (t *attempt) setAside(input Input, item data.Item, verdict format.Verdict) error {
	if verdict.State != format.Corrupt {
		return nil
	}
	if _, err := t.config.Files.Quarantine(item, verdict); err != nil {
		return err
	}
	t.config.Logger.Error("a corrupt file is in quarantine", "file", item.Place.String(), "job", t.JobID, "reason", verdict.Reason)
	t.report.Corrupt = append(t.report.Corrupt, Corrupt{input.Name, item.Place, item.SHA256, cut(verdict.Reason), verdict.Genuine})
	return nil
}

// ask has the workload inspect a file whose bytes are right: what it then calls bad is. Every other ending leaves it open.
func (t *attempt) ask(ctx context.Context, number int, item data.Item) (format.Verdict, error) {
	path, err := t.config.Files.Path(item.Place)
	if err != nil {
		return format.Verdict{}, err
	}
	input := t.Inputs[number]
	params, err := json.Marshal(workload.InspectParams{File: input.Name})
	if err != nil {
		return format.Verdict{}, fmt.Errorf("encode the params of inspect: %w", err)
	}
	request := t.request(gathered{files: []workload.Input{{Name: input.Name, Role: input.Role, Path: path, SHA256: item.SHA256.String()}}})
	request.Command, request.Params = workload.Inspect, params
	folder := attemptFolder{filepath.Join(filepath.Dir(t.folder.path), fmt.Sprintf("%d-inspect-%d", t.Attempt, number))}
	if err := removeAll(folder.path); err != nil { // of the same attempt, begun before
		return format.Verdict{}, fmt.Errorf("clear attempt %s: %w", folder.path, err)
	}
	started, err := folder.begin(request)
	if err != nil {
		return format.Verdict{}, err
	}
	report, err := t.config.Runner.Run(ctx, run.Job{
		Workload: t.workload, Attempt: started, Grace: t.config.Grace, SilentLimit: t.SilentLimit, OnLine: func(workload.Line) {},
	})
	if err = errors.Join(err, folder.clear()); err != nil {
		return format.Verdict{}, err
	}
	if report.Decision.Action != workload.ActionRebuildInput {
		return format.Verdict{State: format.Unknown, Reason: report.Decision.Reason}, nil
	}
	return format.Verdict{State: format.Corrupt, Reason: strings.TrimSpace("the workload cannot read it: " + report.Message), Genuine: true}, nil
}

// corruptInputs is the error of an attempt whose inputs have arrived corrupt.
func (t *attempt) corruptInputs() error {
	return &verdict{workload.Decision{
		Action: workload.ActionRebuildInput, Burns: true, Class: classBadInput, Reason: corruptText(t.report.Corrupt),
	}}
}

func corruptText(all []Corrupt) string {
	var texts []string
	for _, one := range all {
		texts = append(texts, fmt.Sprintf("input %s: %s", strconv.Quote(one.Input), one.Reason))
	}
	return strings.Join(texts, "; ")
}

// registerCorrupt makes known which copies of a node are no good.
func (g *grant) registerCorrupt(ctx context.Context, report *Report) error {
	for _, one := range report.Corrupt {
		err := g.session.ReportCorrupt(ctx, ledger.Corruption{
			SHA256: one.SHA256.String(), Node: report.Node, Path: HolderPath(one.Place), Reason: one.Reason, Genuine: one.Genuine,
		})
		if err != nil && !errors.Is(err, ledger.ErrNotFound) { // a file that the catalog does not have needs no entry
			return err
		}
	}
	return nil
}
