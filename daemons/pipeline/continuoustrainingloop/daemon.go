package continuoustrainingloop

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/loops"
)

// maxSteps bounds how many steps one loop takes in one round.
const maxSteps = 4

type daemon struct {
	config Config
	rt     host.Runtime
	board  loops.Board

	mu   sync.Mutex
	at   time.Time // of the last round that ended
	last []loops.Loop
}

var (
	_ host.Ticker     = (*daemon)(nil)
	_ host.Subscriber = (*daemon)(nil)
	_ host.Checker    = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{config: config, rt: rt, board: loops.NewBoard(rt.Bus)}
}

// Interval implements host.Ticker.
func (d *daemon) Interval() time.Duration { return d.config.Interval }

// Subscriptions implements host.Subscriber.
func (d *daemon) Subscriptions() []bus.Name { return []bus.Name{"PIPELINE_STAGE_CHANGED"} }

// Handle implements host.Subscriber: the event is a hint, and the round that follows it looks for itself.
func (d *daemon) Handle(context.Context, bus.Event) error { return nil }

// Tick implements host.Ticker.
func (d *daemon) Tick(ctx context.Context) error {
	at := d.rt.Now()
	all, err := d.board.List(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		for range maxSteps {
			next, told, err := d.step(ctx, all[i], all)
			if err != nil {
				return err
			}
			if reflect.DeepEqual(next, all[i]) {
				break
			}
			if told != nil {
				if err := d.rt.Bus.Publish(ctx, told); err != nil {
					return err
				}
			}
			if err := d.board.Step(ctx, all[i], next); err != nil {
				return err
			}
			if next.State != all[i].State {
				d.rt.Logger.Info("a loop's state changed", "loop", next.ID, "was", all[i].State, "is", next.State, "reason", next.Reason)
			}
			all[i] = next
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at, d.last = at, all
	return nil
}
