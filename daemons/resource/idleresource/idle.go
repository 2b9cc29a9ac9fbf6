package idleresource

import (
	"context"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/nodes"
)

const mebibytes = 1024 // of a GiB

type daemon struct {
	config   Config
	rt       host.Runtime
	measurer *nodes.Measurer
	// Only Tick touches these.
	state  state
	loaded bool

	mu   sync.Mutex
	last nodes.Measured[nodes.Idle]
}

var (
	_ host.Ticker  = (*daemon)(nil)
	_ host.Checker = (*daemon)(nil)
)

func newDaemon(config Config, rt host.Runtime) *daemon {
	return &daemon{config: config, rt: rt, measurer: nodes.NewMeasurer(rt.DataDir, rt.Now)}
}

// Interval implements host.Ticker.
func (d *daemon) Interval() time.Duration { return d.config.Interval }

// Tick implements host.Ticker.
func (d *daemon) Tick(ctx context.Context) error {
	if err := d.load(ctx); err != nil {
		return err
	}
	settings, seen := d.config.settings(), d.look(ctx)
	if seen.fault == nil && seen.processors == d.state.Processors {
		return nil // too soon after the last look: the counters have not moved
	}
	verdict := seen.judge(d.state.Processors, settings)
	before := d.state
	d.state = d.state.after(seen, verdict)
	if idle, known := verdict.Get(); known {
		idle.Seconds = d.state.seconds()
		verdict = nodes.Known(seen.at, idle)
	}
	d.say(verdict, before)
	if !d.state.Since.IsZero() && d.state.Since != d.state.Asked && d.state.seconds() >= settings.After.Seconds() {
		if err := d.ask(ctx, seen, verdict); err != nil {
			return err
		}
	}
	return d.save(ctx)
}

// say puts the verdict into the node's report, and logs that the node has fallen idle or is at work again.
func (d *daemon) say(verdict nodes.Measured[nodes.Idle], before state) {
	d.config.Idleness.Set(verdict)
	if before.Since.IsZero() != d.state.Since.IsZero() {
		idle, _ := verdict.Get()
		d.rt.Logger.Info("the node's idleness changed", "idle", !d.state.Since.IsZero(), "reason", idle.Reason, "unknown", verdict.Fault)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.last = verdict
}

// ask requests work, once for each time the node falls idle: told again after a crash it is the same event.
func (d *daemon) ask(ctx context.Context, seen look, verdict nodes.Measured[nodes.Idle]) error {
	idle, _ := verdict.Get() // known, or there were no Since
	request := bus.IdleResourceDetected{
		NodeID: d.rt.Node, CPUShare: idle.CPU, GPUUtilization: idle.GPU, GPUMemoryGB: freeMemory(seen.gpus),
		IdleDurationSeconds: idle.Seconds, Since: d.state.Since,
	}
	// What is older than the log's memory was asked for when it happened.
	if !d.rt.Bus.Client().MayRepeat(d.state.Since) {
		if err := d.rt.Bus.Publish(ctx, request); err != nil {
			return err
		}
	}
	d.state.Asked = d.state.Since
	return nil
}

// freeMemory is what the GPU with most of it has free, in GiB; nil: there is none, or it is unknown.
func freeMemory(measured nodes.Measured[[]nodes.GPU]) (most *float64) {
	gpus, _ := measured.Get()
	for _, gpu := range gpus {
		if gpu.MemoryMB == nil || gpu.UsedMB == nil {
			continue
		}
		if free := float64(*gpu.MemoryMB-*gpu.UsedMB) / mebibytes; most == nil || free > *most {
			most = &free
		}
	}
	return most
}
