package queuepopulator

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
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
		if specs[i], err = p.job(configs[key], next[key]); err != nil {
			return 0, err
		}
		next[key]++
	}
	submitted, err := session.SubmitJobs(ctx, specs)
	if err != nil {
		return 0, err
	}
	taken := map[string]bool{}
	for i, one := range submitted {
		if !one.New {
			taken[chosen[i]] = true
			continue
		}
		added++
		if err := p.rt.Bus.Publish(ctx, bus.WorkQueued{Work: bus.Work{
			Config: bus.ConfigOf(one.Job.ConfigKey), JobID: one.Job.ID, Kind: one.Job.Kind, Priority: one.Job.Priority,
		}}); err != nil {
			return added, err
		}
	}
	for key := range taken {
		if next[key], err = p.firstFree(ctx, session.Ledger(), key, next[key]); err != nil {
			return added, err
		}
	}
	p.state.Next = next
	return added, p.save(ctx)
}

// firstFree is the first number from one on that no job of the configuration has. Numbers are given without gaps, so
// it is found by halving.
func (p *populator) firstFree(ctx context.Context, l *ledger.Ledger, key string, from int64) (int64, error) {
	used := func(number int64) (bool, error) {
		_, err := l.JobByKey(ctx, p.name(key, number))
		if errors.Is(err, ledger.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	}
	low, step := from, int64(1) // below low all are used
	for {
		taken, err := used(low + step - 1)
		if err != nil {
			return 0, err
		}
		if !taken {
			break
		}
		low, step = low+step, 2*step
	}
	high := low + step - 1 // it is free
	for low < high {
		middle := low + (high-low)/2
		taken, err := used(middle)
		switch {
		case err != nil:
			return 0, err
		case taken:
			low = middle + 1
		default:
			high = middle
		}
	}
	return low, nil
}

// name is the idempotency key of a job.
func (p *populator) name(key string, number int64) string {
	return fmt.Sprintf("%s/%s/%s/%d", jobs.KindSelfplay, p.plan.ID, key, number)
}

// job is one self-play job. Its key, its seed and all else follow from the plan, the configuration and the number.
func (p *populator) job(config selfplay.PlanConfig, number int64) (ledger.JobSpec, error) {
	name := p.name(config.Key, number)
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
