package nodes

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	gpuProgram = "nvidia-smi"
	gpuQuery   = "index,name,uuid,memory.total,memory.used,utilization.gpu"
	// gpuEvery is how old an answer may be: asking costs up to a second of a core on a busy machine.
	gpuEvery = time.Minute
	maxGPUs  = 64
)

// GPU is one graphics processor.
type GPU struct {
	Index       int64  `json:"index"`
	Name        string `json:"name"`
	UUID        string `json:"uuid,omitempty"`
	MemoryMB    *int64 `json:"memory_mb,omitempty"`      // nil: unknown
	UsedMB      *int64 `json:"memory_used_mb,omitempty"` // nil: unknown
	Utilization *int64 `json:"utilization,omitempty"`    // percent; nil: unknown
}

// gpuProbe asks nvidia-smi now and then and keeps its answer.
type gpuProbe struct {
	now func() time.Time

	mu     sync.Mutex
	answer Measured[[]GPU]
}

func newGPUProbe(now func() time.Time) *gpuProbe { return &gpuProbe{now: now} }

// last returns the last answer, after asking again if it is too old.
func (p *gpuProbe) last(ctx context.Context) Measured[[]GPU] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.now().UTC(); p.answer.At.IsZero() || now.Sub(p.answer.At) >= gpuEvery {
		gpus, err := queryGPUs(ctx)
		p.answer = measured(now, gpus, err)
	}
	return p.answer
}

// queryGPUs returns none where the driver's program is not installed. A program that fails, or that has no
// device to tell of although it is there, tells nothing.
func queryGPUs(ctx context.Context) ([]GPU, error) {
	program, err := exec.LookPath(gpuProgram)
	if errors.Is(err, exec.ErrNotFound) {
		return []GPU{}, nil
	}
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, "--query-gpu="+gpuQuery, "--format=csv,noheader,nounits")
	command.WaitDelay = time.Second
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w: %s", gpuProgram, err, firstLine(output))
	}
	return parseGPUs(output)
}

func parseGPUs(output []byte) ([]GPU, error) {
	reader := csv.NewReader(bytes.NewReader(output))
	reader.TrimLeadingSpace = true
	reader.FieldsPerRecord = strings.Count(gpuQuery, ",") + 1
	rows, err := reader.ReadAll()
	switch {
	case err != nil:
		return nil, fmt.Errorf("read answer of %s: %w", gpuProgram, err)
	case len(rows) == 0 || len(rows) > maxGPUs:
		return nil, fmt.Errorf("read answer of %s: it tells of %d devices", gpuProgram, len(rows))
	}
	gpus := make([]GPU, len(rows))
	for i, row := range rows {
		index := number(row[0])
		if index == nil {
			return nil, fmt.Errorf("read answer of %s: %.40q is no index", gpuProgram, row[0])
		}
		gpus[i] = GPU{Index: *index, Name: row[1], UUID: row[2], MemoryMB: number(row[3]), UsedMB: number(row[4]), Utilization: number(row[5])}
	}
	return gpus, nil
}

// number returns nil for what the driver does not know, which it writes as [N/A] or in words.
func number(text string) *int64 {
	value, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return nil
	}
	return &value
}

func firstLine(output []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(output), []byte("\n"))
	return string(line[:min(len(line), 200)])
}
