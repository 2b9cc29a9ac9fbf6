package dataconsolidation

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/workload"
)

// inputKnown is the name of the file of ids; the files of the cut are called by their numbers.
const inputKnown = "known"

// merging is the work of the stage CONSOLIDATING.
type merging struct {
	Config
	// node is that which this copy runs on; files are its data files, nil: none.
	node  string
	files *data.Dir
}

var (
	_ pipeline.Work   = (*merging)(nil)
	_ pipeline.Teller = (*merging)(nil)
)

// Prepare implements pipeline.Work.
func (m *merging) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	w, _, err := m.Workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	l := session.Ledger()
	cut, err := l.Cut(ctx, order.ConfigKey, order.Iteration)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	content, err := l.CutContent(ctx, order.ConfigKey, order.Iteration)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	if len(cut) == 0 || !w.Manifest.Has(workload.Merge) {
		return ledger.JobSpec{}, m.pass(ctx, l, order, cut, content)
	}
	return m.job(ctx, session, order, w, cut, content)
}

// job is one merge of all files of a cut.
func (m *merging) job(ctx context.Context, session *ledger.Session, order ledger.Stage, w *workload.Workload, cut []ledger.GameFile, content ledger.CutContent) (ledger.JobSpec, error) {
	params := workload.MergeParams{MinMoves: m.minMoves()}
	var inputs []jobs.Input
	for i, file := range cut {
		input, err := pipeline.GamesInput(ctx, session.Ledger(), fmt.Sprintf("games-%d", i+1), file.SHA256)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		inputs, params.Games = append(inputs, input), append(params.Games, input.Name)
	}
	if len(content.Earlier) > 0 {
		known, err := m.known(ctx, session, order.ConfigKey, content.Earlier)
		if err != nil {
			return ledger.JobSpec{}, err
		}
		inputs, params.KnownIDs = append(inputs, known), known.Name
	}
	return pipeline.Job(w, workload.Merge, pipeline.JobOptions{
		Params: params, Inputs: inputs, SeedFrom: order.Stage + "/" + pipeline.IterationID(order.ConfigKey, order.Iteration),
	})
}

// Began implements pipeline.Teller.
func (m *merging) Began(order ledger.Stage, job ledger.Job) (bus.Payload, error) {
	request, err := pipeline.RequestOf(job)
	files := 0
	for _, input := range request.Inputs {
		if input.Role == workload.RoleGames {
			files++
		}
	}
	return bus.ConsolidationStarted{StageWork: pipeline.WorkOf(order, job.ID), Files: files}, err
}

// Failed implements pipeline.Teller.
func (m *merging) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.ConsolidationFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
