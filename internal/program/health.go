package program

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// loadAge is how old the figures in a verdict may be, usageAge those for whoever asks for them.
	loadAge  = 10 * time.Second
	usageAge = 500 * time.Millisecond
)

// health is what is known of a program's process.
type health struct {
	runtime host.Runtime

	mutex    sync.Mutex
	process  *process.Process // the one that runs, or ran last
	state    verdict
	bad      string // what bad answers mean
	load     process.Load
	measured time.Time
}

func newHealth(runtime host.Runtime) *health {
	return &health{runtime: runtime, state: verdict{alive: true}}
}

func (h *health) runs(started *process.Process) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.process, h.measured = started, time.Time{}
}

// probed notes what is believed after an answer, and what it means if the answers are bad.
func (h *health) probed(bad string, state verdict) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.bad, h.state = bad, state
}

// verdict is the health of a program whose process runs.
func (h *health) verdict(now time.Time) spec.Health {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	said := spec.Health{Status: spec.HealthOK, Details: map[string]any{}}
	if h.process == nil {
		return spec.Health{Status: spec.HealthUnknown, Message: "its process has not started yet"}
	}
	maps.Copy(said.Details, h.measure(now, loadAge))
	switch {
	case !h.state.alive:
		said.Status, said.Message = spec.HealthUnhealthy, fmt.Sprintf("%s: %s", h.bad, h.state.last)
	case h.state.against > 0:
		said.Status, said.Message = spec.HealthDegraded, fmt.Sprintf("%d bad answers in a row: %s", h.state.against, h.state.last)
	}
	return said
}

// Usage implements host.Measurer.
func (h *health) Usage() map[string]any {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return h.measure(time.Now(), usageAge)
}

// measure is what the process and its descendants use, as figures that are not older; nil if that cannot be known.
func (h *health) measure(now time.Time, age time.Duration) map[string]any {
	if h.process == nil || !alive(h.process) {
		return nil
	}
	if now.Sub(h.measured) > age {
		load, err := h.process.Load()
		if err != nil {
			h.runtime.Logger.Warn("its use of the machine is not known", "error", err)
			return nil
		}
		if !alive(h.process) {
			return nil // it may have ended before it was measured
		}
		h.load, h.measured = load, now
	}
	return map[string]any{
		spec.DetailPID: h.process.PID(), spec.DetailProcesses: h.load.Processes, spec.DetailMemory: h.load.Memory,
		spec.DetailCPU: h.load.CPU.Seconds(), spec.DetailMeasuredAt: h.measured.UTC().Format(time.RFC3339Nano),
	}
}
