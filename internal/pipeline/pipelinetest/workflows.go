package pipelinetest

import (
	"context"
	"errors"
	"sync"

	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/spec"
)

// workflows say how far the jobs are that the rig runs, in the place of their workflows.
type workflows struct {
	// during is called with each word of a job that runs.
	during func(jobs.Progress)

	mutex sync.Mutex
	looks map[string]jobs.Look
}

var _ jobs.Workflows = (*workflows)(nil)

// During has a function called whenever a job that the rig runs says how far it is, until the test ends. The job waits
// for it.
func (r *Rig) During(act func(jobs.Progress)) { r.workflows.during = act }

// observe takes what the node of a grant says.
func (w *workflows) observe(grant spec.JobGrant) func(jobs.Progress) {
	return func(progress jobs.Progress) {
		w.mutex.Lock()
		w.looks[grant.JobID] = jobs.Look{Open: true, Token: grant.Token, Progress: &progress, Worker: grant.Node}
		w.mutex.Unlock()
		if w.during != nil {
			w.during(progress)
		}
	}
}

func (w *workflows) forget(jobID string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.looks, jobID)
}

// Look implements jobs.Workflows.
func (w *workflows) Look(_ context.Context, jobID string) (jobs.Look, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.looks[jobID], nil
}

// Grant implements jobs.Workflows; owners of a stage grant nothing.
func (w *workflows) Grant(context.Context, spec.JobGrant) (bool, error) {
	return false, errors.New("the rig grants jobs itself")
}

// Stop implements jobs.Workflows; owners of a stage stop nothing.
func (w *workflows) Stop(context.Context, string, string, spec.JobStop) error {
	return errors.New("the rig runs jobs to their ends")
}
