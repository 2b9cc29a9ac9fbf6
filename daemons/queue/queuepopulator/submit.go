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
	"github.com/ringrift/orchestrator/internal/workload"
)

// submit puts one job for each of the chosen configurations into the queue, and says how many were new.
func (p *populator) submit(ctx context.Context, session *ledger.Session, chosen []string) (added int, err error) {
	next := maps.Clone(p.state.Next)
	specs := make([]ledger.JobSpec, len(chosen))
	for i, key := range chosen {
		if specs[i], err = p.config.job(key, next[key]); err != nil {
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
		if next[key], err = p.config.firstFree(ctx, session.Ledger(), key, next[key]); err != nil {
			return added, err
		}
	}
	p.state.Next = next
	return added, p.save(ctx)
}

// firstFree is the first number from one on that no job of the configuration has. Numbers are given without gaps, so
// it is found by halving.
func (c Config) firstFree(ctx context.Context, l *ledger.Ledger, key string, from int64) (int64, error) {
	used := func(number int64) (bool, error) {
		_, err := l.JobByKey(ctx, c.name(key, number))
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
func (c Config) name(key string, number int64) string {
	return fmt.Sprintf("%s/%s/%s/%d", jobs.KindSelfplay, c.Plan.ID, key, number)
}

// job is one self-play job. Its key, its seed and all else follow from the plan, the configuration and the number.
func (c Config) job(key string, number int64) (ledger.JobSpec, error) {
	plan := c.Plan
	params := maps.Clone(plan.Params)
	if params == nil {
		params = map[string]any{}
	}
	params["games"] = plan.GamesPerJob
	encoded, err := json.Marshal(params)
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode params of plan %s: %w", plan.ID, err)
	}
	name := c.name(key, number)
	request, err := json.Marshal(jobs.Request{
		Workload: plan.Workload, Command: workload.Selfplay, Seed: seed(name), Params: encoded, PlanVersion: plan.ID,
	})
	if err != nil {
		return ledger.JobSpec{}, fmt.Errorf("encode request of %s: %w", name, err)
	}
	resources := plan.Resources
	if resources.CPU == 0 {
		resources.CPU = 1
	}
	return ledger.JobSpec{
		IdempotencyKey: name, Kind: jobs.KindSelfplay, ConfigKey: key, Class: ledger.Normal, Priority: c.Priority, PlanID: plan.ID,
		Request: request, Resources: resources, Labels: plan.Labels, RunLimitSeconds: int64(c.RunLimit.Seconds()),
	}, nil
}

// seed is a number of the contract's range that follows from a name.
func seed(name string) int64 {
	sum := sha256.Sum256([]byte(name))
	return int64(binary.BigEndian.Uint64(sum[:]) & workload.MaxSeed)
}
