package nodes

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/shirou/gopsutil/v4/disk"
	"github.com/shirou/gopsutil/v4/load"
)

// measureLimit bounds one measurement of everything.
const measureLimit = 5 * time.Second

// Capacity is what a node has, and has free. Each value has its own time; those of the GPUs may be a minute old.
type Capacity struct {
	CPUs   Measured[float64] `json:"cpus"` // that this process may use: affinity and control group count
	Load   Measured[float64] `json:"load"` // of the whole machine, over one minute
	Memory Measured[Space]   `json:"memory"`
	Disk   Measured[Space]   `json:"disk"` // of the file system that DATA_DIR is on
	GPUs   Measured[[]GPU]   `json:"gpus"` // empty: known to be none
	Idle   Measured[Idle]    `json:"idle"` // what IDLE_RESOURCE says
}

// MaxDiskUsed is the share of a disk, 0 to 1, above which a node gets no jobs and no files, where nothing else is said.
const MaxDiskUsed = 0.93

// Space is an amount of memory or disk, in bytes.
type Space struct {
	// Total is what is used and free together: of a disk, what is reserved for others is neither, as df counts.
	Total uint64 `json:"total"`
	Free  uint64 `json:"free"` // available to us without taking it from others
}

// UsedShare is how much of it is in use, 0 to 1; a space without a size is full.
func (s Space) UsedShare() float64 {
	if s.Total == 0 {
		return 1
	}
	return 1 - float64(min(s.Free, s.Total))/float64(s.Total)
}

// Measurer measures the node that it runs on. Its methods are safe for concurrent use.
type Measurer struct {
	dataDir string
	now     func() time.Time
	gpus    *gpuProbe
	asking  atomic.Bool // a question for the disk has no answer yet
}

// NewMeasurer measures the machine and the disk of a folder.
func NewMeasurer(dataDir string, now func() time.Time) *Measurer {
	return &Measurer{dataDir: dataDir, now: now, gpus: newGPUProbe(now)}
}

// Measure takes at most five seconds. What could not be measured in that time is unknown.
func (m *Measurer) Measure(ctx context.Context) Capacity {
	ctx, cancel := context.WithTimeout(ctx, measureLimit)
	defer cancel()
	at := m.now().UTC()
	memory, memoryErr := measureMemory(ctx)
	usage, usageErr := m.disk(ctx)
	average, loadErr := measureLoad(ctx)
	return Capacity{
		// The runtime honours affinity and the CPU limit of the control group, unless GOMAXPROCS says otherwise.
		CPUs:   measured(at, float64(runtime.GOMAXPROCS(0)), nil),
		Load:   measured(at, average, loadErr),
		Memory: measured(at, memory, memoryErr),
		Disk:   measured(at, usage, usageErr),
		GPUs:   m.gpus.last(ctx),
	}
}

// GPUs are those of the node; the answer may be a minute old.
func (m *Measurer) GPUs(ctx context.Context) Measured[[]GPU] {
	ctx, cancel := context.WithTimeout(ctx, measureLimit)
	defer cancel()
	return m.gpus.last(ctx)
}

// disk asks in the background, once at a time: a call to a network file system that hangs cannot be interrupted.
func (m *Measurer) disk(ctx context.Context) (Space, error) {
	if !m.asking.CompareAndSwap(false, true) {
		return Space{}, errors.New("the file system has not answered the last question yet")
	}
	type answer struct {
		space Space
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		defer m.asking.Store(false)
		usage, err := disk.UsageWithContext(ctx, m.dataDir)
		if err != nil {
			answered <- answer{err: err}
			return
		}
		answered <- answer{space: Space{Total: usage.Used + usage.Free, Free: usage.Free}}
	}()
	select {
	case a := <-answered:
		return a.space, a.err
	case <-ctx.Done():
		return Space{}, ctx.Err()
	}
}

func measureLoad(ctx context.Context) (float64, error) {
	average, err := load.AvgWithContext(ctx)
	if err != nil {
		return 0, err
	}
	return average.Load1, nil
}
