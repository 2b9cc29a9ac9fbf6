package play

import (
	"context"
	"sync"
)

// ahead is how many games each goroutine may be ahead of the one that is to be delivered next.
const ahead = 8

// Many plays the games numbered first to end-1 on several goroutines and delivers them in order, one at a time.
//
// newWorker is called once a goroutine and returns what plays a game by its number; it must give the same game on
// every goroutine. When ctx ends, or a game or its delivery fails, no further game is started; what is delivered is
// always a gapless beginning. The error is that of the first game in order that failed, or the context's.
func Many[G any](ctx context.Context, threads, first, end int,
	newWorker func() func(ctx context.Context, index int) (G, error), deliver func(G) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tickets := make(chan ticket[G])
	queue := make(chan ticket[G], ahead*threads)
	var workers sync.WaitGroup
	for range threads {
		workers.Go(func() {
			work := newWorker()
			for t := range tickets {
				game, err := work(ctx, t.index)
				t.done <- outcome[G]{game, err}
			}
		})
	}
	workers.Go(func() {
		defer close(queue)
		defer close(tickets)
		issue(ctx, first, end, queue, tickets)
	})
	delivered, err := collect(stop, queue, deliver)
	workers.Wait()
	if err == nil && delivered < end-first {
		err = context.Cause(ctx)
	}
	return err
}

// ticket is one game to be played; its outcome arrives on done, which never blocks.
type ticket[G any] struct {
	index int
	done  chan outcome[G]
}

type outcome[G any] struct {
	game G
	err  error
}

// issue hands out games in order until the context ends. The queue bounds how far play may run ahead.
func issue[G any](ctx context.Context, first, end int, queue, tickets chan<- ticket[G]) {
	for index := first; index < end; index++ {
		t := ticket[G]{index, make(chan outcome[G], 1)}
		select {
		case tickets <- t:
			queue <- t // never waits for ever: collect reads it until it is closed
		case <-ctx.Done():
			return
		}
	}
}

// collect delivers outcomes in order; after the first failure it only waits for what was started.
func collect[G any](stop context.CancelCauseFunc, queue <-chan ticket[G], deliver func(G) error) (delivered int, err error) {
	for t := range queue {
		result := <-t.done
		if err != nil {
			continue
		}
		if err = result.err; err == nil {
			err = deliver(result.game)
		}
		if err != nil {
			stop(err)
			continue
		}
		delivered++
	}
	return delivered, err
}
