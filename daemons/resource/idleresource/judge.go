package idleresource

import (
	"context"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/nodes"
)

// look is what was measured at one moment.
type look struct {
	at         time.Time
	processors nodes.Processors
	fault      error // why the processors could not be read
	gpus       nodes.Measured[[]nodes.GPU]
	jobs       *int // that run; nil: unknown
}

func (d *daemon) look(ctx context.Context) look {
	seen := look{at: d.rt.Now(), gpus: d.measurer.GPUs(ctx)}
	seen.processors, seen.fault = nodes.ReadProcessors(ctx)
	if d.config.Running != nil {
		running := d.config.Running()
		seen.jobs = &running
	}
	return seen
}

// judge says what a look means: an idle node has no reason. What is unknown makes the whole unknown, unless the node is
// known to be at work.
func (l look) judge(before nodes.Processors, settings Settings) nodes.Measured[nodes.Idle] {
	var idle nodes.Idle
	unknown := ""
	share, known := l.processors.Since(before)
	switch {
	case l.fault != nil:
		unknown = fmt.Sprintf("read the processors: %v", l.fault)
	case !known:
		unknown = "the processors were not read before"
	case share > settings.MaxCPU:
		idle.Reason = fmt.Sprintf("%.0f %% of its processors work, more than %.0f", share*100, settings.MaxCPU*100)
	}
	idle.CPU = share
	busiest, fault := busiestGPU(l.gpus)
	switch idle.GPU = busiest; {
	case fault != "":
		unknown = fault
	case busiest != nil && *busiest > settings.MaxGPU:
		idle.Reason = fmt.Sprintf("a GPU is at %.0f %%, more than %.0f", *busiest, settings.MaxGPU)
	}
	switch {
	case l.jobs == nil:
		unknown = "how many jobs run is not known"
	case *l.jobs > 0:
		idle.Reason = fmt.Sprintf("%d jobs run", *l.jobs)
	}
	if idle.Reason == "" && unknown != "" {
		return nodes.Unknown[nodes.Idle](l.at, unknown)
	}
	return nodes.Known(l.at, idle)
}

// busiestGPU is how many percent of the busiest GPU are in use: nil if there is none. One GPU of which it is unknown
// makes the whole unknown.
func busiestGPU(measured nodes.Measured[[]nodes.GPU]) (busiest *float64, fault string) {
	gpus, known := measured.Get()
	if !known {
		return nil, "ask the GPUs: " + measured.Fault
	}
	for _, gpu := range gpus {
		if gpu.Utilization == nil {
			return nil, fmt.Sprintf("GPU %d does not tell its use", gpu.Index)
		}
		if use := float64(*gpu.Utilization); busiest == nil || use > *busiest {
			busiest = &use
		}
	}
	return busiest, ""
}
