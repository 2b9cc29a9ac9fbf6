package testkit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Params of a row that tell a test daemon how to behave. Without any it is ready at once and then idle.
const (
	ParamReadyAfter  = "ready_after"  // duration of the initialisation
	ParamReadyWithin = "ready_within" // a random one, at most that long
	ParamTick        = "tick"         // interval of the ticks it writes down; none without it
	ParamFailFile    = "fail_file"    // fails once for each time that this file is made
	ParamPanic       = "panic"        // "true": it panics instead of returning an error
	ParamStopAfter   = "stop_after"   // needs that long to stop, whatever its context says
	ParamComplete    = "complete"     // duration after which it has done all it will ever do
)

const never = time.Duration(1<<63 - 1)

// TestDaemons returns a catalog of daemons that behave as the params of their rows say and write into the
// journal what they do.
func TestDaemons(types []spec.Type, journal *Journal) []host.Declaration {
	catalog := make([]host.Declaration, len(types))
	for i, name := range types {
		catalog[i] = host.Declaration{
			Spec: spec.Daemon{Type: name},
			New: func(rt host.Runtime) (host.Runner, error) {
				behaviour, err := parseBehaviour(rt.Params)
				if err != nil {
					return nil, host.Never(fmt.Errorf("test daemon %s: %w", rt.Spec.Type, err))
				}
				return &testDaemon{behaviour: behaviour, runtime: rt, journal: journal, ready: make(chan struct{})}, nil
			},
		}
	}
	return catalog
}

// behaviour is the params of a row, read.
type behaviour struct {
	readyAfter, readyWithin, tick time.Duration
	stopAfter, completeAfter      time.Duration
	failFile                      string
	panics                        bool
}

func parseBehaviour(params map[string]string) (b behaviour, err error) {
	b.completeAfter = never
	for name, value := range params {
		switch name {
		case ParamReadyAfter:
			b.readyAfter, err = time.ParseDuration(value)
		case ParamReadyWithin:
			b.readyWithin, err = time.ParseDuration(value)
		case ParamTick:
			b.tick, err = time.ParseDuration(value)
		case ParamFailFile:
			b.failFile = value
		case ParamStopAfter:
			b.stopAfter, err = time.ParseDuration(value)
		case ParamComplete:
			b.completeAfter, err = time.ParseDuration(value)
		case ParamPanic:
			b.panics, err = strconv.ParseBool(value)
		default:
			err = errors.New("no test daemon has it")
		}
		if err != nil {
			return b, fmt.Errorf("param %s=%q: %w", name, value, err)
		}
	}
	return b, nil
}

// testDaemon is one attempt. It serves, so that its own loop sees its beginning and its end.
type testDaemon struct {
	behaviour
	runtime host.Runtime
	journal *Journal
	ready   chan struct{}
}

// Ready waits until Serve has initialised.
func (d *testDaemon) Ready(ctx context.Context) error {
	select {
	case <-d.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Serve initialises, works, and writes down each step.
func (d *testDaemon) Serve(ctx context.Context) (err error) {
	if err := d.note(ActInit, ""); err != nil {
		return err
	}
	defer func() {
		value := recover()
		text := fmt.Sprint(err)
		if value != nil {
			text = fmt.Sprint("panic: ", value)
		}
		if failed := d.note(ActEnd, text); err == nil {
			err = failed
		}
		if value != nil {
			panic(value)
		}
	}()
	if !pause.For(ctx, d.readyAfter+time.Duration(rand.Int64N(int64(d.readyWithin)+1))) {
		return nil
	}
	if err := d.note(ActReady, ""); err != nil {
		return err
	}
	close(d.ready)
	return d.work(ctx)
}

func (d *testDaemon) work(ctx context.Context) error {
	completes := after(d.completeAfter)
	ticks, stopTicks := every(d.tick)
	defer stopTicks()
	looks, stopLooks := every(d.lookInterval())
	defer stopLooks()
	for {
		select {
		case <-ctx.Done():
			pause.For(context.WithoutCancel(ctx), d.stopAfter)
			return nil
		case <-ticks:
			if err := d.note(ActTick, ""); err != nil {
				return err
			}
		case <-completes:
			return host.Completed()
		case <-looks:
			if os.Remove(d.failFile) == nil {
				return d.fail()
			}
		}
	}
}

// lookInterval is 0 for a daemon that nobody will tell to fail.
func (d *testDaemon) lookInterval() time.Duration {
	if d.failFile == "" {
		return 0
	}
	return 20 * time.Millisecond
}

func (d *testDaemon) fail() error {
	if d.panics {
		panic("as told")
	}
	return errors.New("failed as told")
}

func (d *testDaemon) note(act Act, text string) error {
	node := ""
	if d.runtime.Spec.Scope == spec.ScopeNode {
		node = d.runtime.Node
	}
	return d.journal.Append(Entry{
		Act: act, ID: spec.WorkflowID(d.runtime.Spec.Type, node), Epoch: d.runtime.Epoch, Attempt: d.runtime.Attempt, Text: text,
	})
}

// after is a channel that fires once, and no timer where that is never.
func after(d time.Duration) <-chan time.Time {
	if d == never {
		return nil
	}
	return time.After(d)
}

// every is a channel that fires on an interval, and never when that is 0.
func every(interval time.Duration) (fires <-chan time.Time, stop func()) {
	if interval == 0 {
		return nil, func() {}
	}
	ticker := time.NewTicker(interval)
	return ticker.C, ticker.Stop
}

var (
	_ host.Server  = (*testDaemon)(nil)
	_ host.Readier = (*testDaemon)(nil)
)
