package program

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/ringrift/orchestrator/internal/daemonlog"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/process"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Options are what the programs of one worker share.
type Options struct {
	// Scope names the worker that the processes belong to, see process.Scope.
	Scope string
	// Environment is the worker's own, as os.Environ returns it: programs get a part of it, and references are resolved
	// by it.
	Environment []string
	// Shim starts a shim; nil means this executable with process.ShimArgument.
	Shim []string
	// LogDir has one file of output a program, below a folder of its own.
	LogDir string
	// Processors hands out processors to programs that are bound to some.
	Processors *process.Processors
}

// OutputLog is where the output of a daemon's program is kept, below a folder of logs.
func OutputLog(logDir, id string) string {
	return filepath.Join(logDir, daemonlog.OutputFolder, strings.TrimPrefix(id, spec.WorkflowID("", ""))+".log")
}

// New returns what makes the runner of a row with a program.
func New(options Options) func(host.Runtime) (host.Runner, error) {
	return func(runtime host.Runtime) (host.Runner, error) {
		if runtime.Spec.Program == nil {
			return nil, host.Never(fmt.Errorf("%s has no program", runtime.Spec.Type))
		}
		one := &program{options: options, runtime: runtime, spec: *runtime.Spec.Program, health: newHealth(runtime)}
		switch one.spec.Kind {
		case spec.ProgramService:
			return newService(one), nil
		case spec.ProgramOneShot:
			return &oneShot{one}, nil
		case spec.ProgramScheduled:
			return newScheduled(one)
		}
		return nil, host.Never(fmt.Errorf("program %s: kind %q is unknown to this build: use service, one_shot or scheduled", one.spec.Name, one.spec.Kind))
	}
}

// program is one attempt of one command daemon, whatever its kind.
type program struct {
	options Options
	runtime host.Runtime
	spec    spec.Program
	*health
}

// id is the daemon's workflow id.
func (p *program) id() string {
	node := ""
	if p.runtime.Spec.Scope == spec.ScopeNode {
		node = p.runtime.Node
	}
	return spec.WorkflowID(p.runtime.Spec.Type, node)
}
