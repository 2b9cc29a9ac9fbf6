package jobs

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
)

const (
	// maxSources are told to a node for one file.
	maxSources = 8
	// maxAssignmentBytes keeps an assignment within what Temporal takes.
	maxAssignmentBytes = 3 << 19
)

// assign makes the assignment of a started attempt.
func (g *grant) assign(ctx context.Context, job ledger.Job) (spec.JobStart, error) {
	assignment := Assignment{
		JobID: job.ID, Attempt: job.Attempt, Kind: job.Kind, ConfigKey: job.ConfigKey, Class: job.Class,
		IssuedAt: job.CreatedAt, Resources: job.Resources, Sources: map[string][]string{},
		RunLimit:    time.Duration(job.RunLimitSeconds) * time.Second,
		SilentLimit: time.Duration(job.SilentLimitSeconds) * time.Second,
	}
	if err := workload.DecodeStrict(job.Request, &assignment.Request); err != nil {
		return spec.JobStart{}, permanent(classBadRequest, "the job's request: %v", err)
	}
	if err := g.findCheckpoints(ctx, &assignment, resume(job.ResumeFrom, len(assignment.Parts))); err != nil {
		return spec.JobStart{}, err
	}
	if err := g.findSources(ctx, &assignment); err != nil {
		return spec.JobStart{}, err
	}
	text, err := json.Marshal(assignment)
	if err != nil {
		return spec.JobStart{}, permanent(classBadRequest, "the job's request: %v", err)
	}
	if len(text) > maxAssignmentBytes {
		return spec.JobStart{}, permanent(classTooLarge, "the assignment has %d bytes, at most %d are taken: give fewer inputs", len(text), maxAssignmentBytes)
	}
	return spec.JobStart{Attempt: job.Attempt, Assignment: text, RunLimit: assignment.RunLimit}, nil
}

// findSources says where each file can be had, but for the node that needs it: it knows itself what it has.
func (g *grant) findSources(ctx context.Context, assignment *Assignment) error {
	var wanted []data.Sum
	for _, input := range assignment.Inputs {
		wanted = append(wanted, input.SHA256)
	}
	for _, from := range assignment.checkpoints() {
		wanted = append(wanted, from.SHA256)
	}
	if len(wanted) == 0 {
		return nil
	}
	addresses, err := g.addresses(ctx)
	if err != nil {
		return err
	}
	for _, sum := range wanted {
		holders, err := g.session.Ledger().Holders(ctx, sum.String())
		if err != nil {
			return err
		}
		var found []string
		for _, holder := range holders {
			address := addresses[holder.Node]
			if address != "" && holder.State != ledger.CopySuspect && len(found) < maxSources && !slices.Contains(found, address) {
				found = append(found, address)
			}
		}
		if found != nil {
			assignment.Sources[sum.String()] = found
		}
	}
	return nil
}

// addresses are the data servers of the other nodes that were seen lately, by node.
func (g *grant) addresses(ctx context.Context) (map[string]string, error) {
	now, err := g.session.Ledger().Now(ctx)
	if err != nil {
		return nil, err
	}
	all, err := g.session.Ledger().Nodes(ctx)
	if err != nil {
		return nil, err
	}
	addresses := map[string]string{}
	for _, node := range all {
		if node.ID != g.Node && node.Desired != ledger.NodeRemoved && now.Sub(node.LastSeen) <= g.config.Alive {
			addresses[node.ID] = node.Addresses[nodes.AddressData]
		}
	}
	return addresses, nil
}
