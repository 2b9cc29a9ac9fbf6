package queuepopulator

import (
	"context"
	"errors"

	"github.com/ringrift/orchestrator/internal/ledger"
)

// catchUp tells of the jobs that a round has put into the queue before it was cut off, and goes on behind them.
func (p *populator) catchUp(ctx context.Context, l *ledger.Ledger) error {
	if p.settled {
		return nil
	}
	for _, config := range p.plan.Configs {
		noted := p.state.Next[config.Key]
		free, err := p.firstFree(ctx, l, config.Key, noted)
		if err != nil {
			return err
		}
		for number := max(noted, free-ledger.MaxSubmissions); number < free; number++ { // one round adds no more
			job, err := l.JobByKey(ctx, p.name(config.Key, number))
			if err != nil {
				return err
			}
			if err := p.tellQueued(ctx, job); err != nil {
				return err
			}
		}
		p.state.Next[config.Key] = free
	}
	return p.settle(ctx)
}

// settle notes that all jobs below the next numbers are told of.
func (p *populator) settle(ctx context.Context) error {
	if err := p.save(ctx); err != nil {
		return err
	}
	p.settled = true
	return nil
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
