package pipeline

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/workload"
)

// ModelFile is where the file of a model in the ledger lies on nodes that have it, or ledger.ErrNotFound.
func ModelFile(ctx context.Context, l *ledger.Ledger, id string) (jobs.Output, error) {
	model, err := l.Model(ctx, id)
	if err != nil {
		return jobs.Output{}, err
	}
	item, err := l.Item(ctx, model.SHA256)
	if err != nil {
		return jobs.Output{}, fmt.Errorf("file of model %s: %w", id, err)
	}
	sum, err := data.ParseSum(model.SHA256)
	if err != nil {
		return jobs.Output{}, fmt.Errorf("file of model %s: %w", id, err)
	}
	place := data.Place{Role: data.RoleModel, Name: item.Name}
	return jobs.Output{Role: workload.RoleModel, Place: place, SHA256: sum, Bytes: item.Bytes}, nil
}

// RequestOf reads what a job that carries out an order was asked for.
func RequestOf(job ledger.Job) (request jobs.Request, err error) {
	if err := json.Unmarshal(job.Request, &request); err != nil {
		return request, fmt.Errorf("read the request of job %s: %w", job.ID, err)
	}
	return request, nil
}

// InputOf returns an input of a request by its name.
func InputOf(request jobs.Request, name string) (jobs.Input, bool) {
	for _, input := range request.Inputs {
		if input.Name == name {
			return input, true
		}
	}
	return jobs.Input{}, false
}

// InputID is the id of the model or dataset that an input is; empty if there is no such input.
func InputID(request jobs.Request, name string) string {
	input, found := InputOf(request, name)
	if !found {
		return ""
	}
	return input.SHA256.String()[:idDigits]
}
