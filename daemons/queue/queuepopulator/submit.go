package queuepopulator

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/workload"
)

// submit puts one job for each of the chosen configurations into the queue, and says how many were new.
func (p *populator) submit(ctx context.Context, session *ledger.Session, chosen []string) (added int, err error) {
	next, configs := maps.Clone(p.state.Next), map[string]selfplay.PlanConfig{}
	for _, config := range p.plan.Configs {
		configs[config.Key] = config
	}
	specs := make([]ledger.JobSpec, len(chosen))
	for i, key := range chosen {
		if specs[i], err = p.job(configs[key], p.name(key, next[key])); err != nil {
			return 0, err
		}
		next[key]++
	}
	p.settled = false
	submitted, err := session.SubmitJobs(ctx, specs)
	if err != nil {
		return 0, err
	}
	for _, one := range submitted {
		if one.New {
			added++
		}
		if err := p.tellQueued(ctx, one.Job); err != nil {
			return added, err
		}
	}
	p.state.Next = next
	return added, p.settle(ctx)
}

// tellQueued tells that a job was put into the queue, whatever has become of it since then.
func (p *populator) tellQueued(ctx context.Context, job ledger.Job) error {
	// What is older than the log's memory was told when it happened.
	if p.rt.Bus.Client().MayRepeat(job.CreatedAt) {
		return nil
	}
	return p.rt.Bus.Publish(ctx, bus.WorkQueued{Work: bus.Work{
		Config: bus.ConfigOf(job.ConfigKey), JobID: job.ID, Kind: job.Kind, Priority: job.Priority,
	}})
}

// name is the idempotency key of a job.
func (p *populator) name(key string, number int64) string {
	return fmt.Sprintf("%s/%s/%s/%d", jobs.KindSelfplay, p.plan.ID, key, number)
}

// job is one self-play job. Its seed follows from its idempotency key, all else from the plan and the configuration.
func (p *populator) job(config selfplay.PlanConfig, name string) (ledger.JobSpec, error) {
	params, inputs := maps.Clone(config.Params), []jobs.Input(nil)
	if params == nil {
		params = map[string]any{}
	}
	params["games"] = config.GamesPerJob
	if config.Model != nil {
		params["model"], inputs = config.Model.Name, []jobs.Input{*config.Model}
	}
	encoded, err := json.Marshal(params)
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode params of %s: %w", name, err)
	}
	request, err := json.Marshal(jobs.Request{
		Workload: config.Workload, Command: workload.Selfplay, Seed: seed(name), Inputs: inputs, Params: encoded, PlanVersion: p.plan.ID,
	})
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode request of %s: %w", name, err)
	}
	resources := config.Resources
	if resources.CPU == 0 {
		resources.CPU = 1
	}
	return ledger.JobSpec{
		IdempotencyKey: name, Kind: jobs.KindSelfplay, ConfigKey: config.Key, Class: ledger.Normal, Priority: p.config.Priority,
		PlanID: p.plan.ID, Request: request, Resources: resources, Labels: config.Labels, RunLimitSeconds: int64(p.config.RunLimit.Seconds()),
	}, nil
}

// seed is a number of the contract's range that follows from a name.
func seed(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.BigEndian.Uint64(sum[:]) & workload.MaxSeed)
}
