package process

import (
	"fmt"
	"time"
)

// Load is what a command and its descendants use right now.
type Load struct {
	Processes int
	// Memory is the sum of resident sizes in bytes: what processes share counts more than once.
	Memory int64
	// CPU is the processor time of the processes that live and of those they have waited for.
	CPU time.Duration
}

// Load measures the command.
func (p *Process) Load() (Load, error) {
	all, err := below(p.shim.Process.Pid)
	if err != nil {
		return Load{}, fmt.Errorf("measure command %s: %w", p.command.Name, err)
	}
	var load Load
	for _, one := range all {
		load.Processes++
		load.Memory += one.resident
		load.CPU += one.cpu
	}
	return load, nil
}
