package dataconsolidation

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

// inputKnown is the name of the file of ids; the files of the cut are called by their numbers.
const inputKnown = "known"

// merging is the work of the stage CONSOLIDATING.
type merging struct {
	Config
	// node is that which this copy runs on; files are its data files, nil: none.
	node   string
	files  *data.Dir
	spoilt *spoilt
}

var (
	_ pipeline.Work       = (*merging)(nil)
	_ pipeline.Teller     = (*merging)(nil)
	_ pipeline.Choosing   = (*merging)(nil)
	_ pipeline.Suspecting = (*merging)(nil)
	_ pipeline.Unmet      = (*merging)(nil)
)

// cut is what the ledger knows of the files that an order is about.
type cut struct {
	files []ledger.GameFile
	left  []pipeline.LeftOut // out of it, before or now
	ledger.CutContent
}

func cutOf(ctx context.Context, l *ledger.Ledger, order ledger.Stage) (c cut, err error) {
	if c.files, err = l.Cut(ctx, order.ConfigKey, order.Iteration); err != nil {
		return c, err
	}
	left, err := l.LeftOut(ctx, order.ConfigKey, order.Iteration)
	if err != nil {
		return c, err
	}
	for _, file := range left {
		c.left = append(c.left, pipeline.LeftOut{Iteration: order.Iteration, SHA256: file.SHA256, Games: file.Games, Reason: file.LeftOut})
	}
	c.CutContent, err = l.CutContent(ctx, order.ConfigKey, order.Iteration)
	return c, err
}

// leaveOut takes the files out of a cut of which no good copy is left.
func leaveOut(ctx context.Context, session *ledger.Session, order ledger.Stage) error {
	files, err := session.Ledger().Cut(ctx, order.ConfigKey, order.Iteration)
	if err != nil {
		return err
	}
	for _, file := range files {
		reason, err := session.Ledger().Spoilt(ctx, file.SHA256)
		if err != nil {
			return err
		}
		if reason == "" {
			continue
		}
		if err := session.LeaveOut(ctx, order.ConfigKey, order.Iteration, file.SHA256, reason); err != nil {
			return err
		}
	}
	return nil
}

// batches are those that the games came in.
func (c cut) batches() (ids []string) {
	for _, file := range c.files {
		ids = append(ids, file.BatchID)
	}
	return ids
}

// Prepare implements pipeline.Work.
func (m *merging) Prepare(ctx context.Context, session *ledger.Session, order ledger.Stage) (ledger.JobSpec, error) {
	w, _, err := m.Workloads.Of(order.ConfigKey)
	if err != nil {
		return ledger.JobSpec{}, pipeline.Wait("workload: %v", err)
	}
	if err := leaveOut(ctx, session, order); err != nil {
		return ledger.JobSpec{}, err
	}
	c, err := cutOf(ctx, session.Ledger(), order)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	if len(c.files) == 0 || !w.Manifest.Has(workload.Merge) {
		return ledger.JobSpec{}, m.pass(ctx, session.Ledger(), order, c)
	}
	params, inputs, err := m.inputs(ctx, session, order, c)
	if err != nil {
		return ledger.JobSpec{}, err
	}
	return pipeline.Job(w, workload.Merge, pipeline.JobOptions{
		Params: params, Inputs: inputs, SeedFrom: order.Stage + "/" + pipeline.IterationID(order.ConfigKey, order.Iteration),
	})
}

// inputs are all files of a cut, and the ids of the games that a cut before has.
func (m *merging) inputs(ctx context.Context, session *ledger.Session, order ledger.Stage, c cut) (params workload.MergeParams, inputs []jobs.Input, err error) {
	params.MinMoves = m.minMoves()
	for i, file := range c.files {
		input, err := pipeline.GamesInput(ctx, session.Ledger(), fmt.Sprintf("games-%d", i+1), file.SHA256)
		if err != nil {
			return params, nil, err
		}
		inputs, params.Games = append(inputs, input), append(params.Games, input.Name)
	}
	if len(c.Earlier) == 0 {
		return params, inputs, nil
	}
	known, err := m.known(ctx, session, order.ConfigKey, c.Earlier)
	params.KnownIDs = known.Name
	return params, append(inputs, known), err
}

// Without implements pipeline.Choosing: each attempt makes the file of ids for itself, and SYNCING takes files out of the
// cut that nobody can fetch.
func (m *merging) Without(_ ledger.Stage, input jobs.Input) (again spec.Stage, can bool) {
	if input.Name == inputKnown {
		return "", true
	}
	return spec.StageSyncing, true
}

// Suspects implements pipeline.Suspecting.
func (*merging) Suspects(request jobs.Request) []jobs.Input { return pipeline.GameFilesOf(request) }

// Only implements pipeline.Suspecting.
func (*merging) Only(request jobs.Request, others []jobs.Input) (jobs.Request, error) {
	return pipeline.OnlyGames(request, others)
}

// Began implements pipeline.Teller.
func (m *merging) Began(order ledger.Stage, job ledger.Job) (bus.Payload, error) {
	request, err := pipeline.RequestOf(job)
	return bus.ConsolidationStarted{StageWork: pipeline.WorkOf(order, job.ID), Files: len(pipeline.GameFilesOf(request))}, err
}

// Failed implements pipeline.Teller.
func (m *merging) Failed(order ledger.Stage, job ledger.Job, class, reason string) bus.Payload {
	return bus.ConsolidationFailed{StageFailure: pipeline.Failure(order, job, class, reason)}
}
