package adapter

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/ringrift/orchestrator/internal/workload"
)

// faultBefore shows the faults that come before the work.
func (t *Task) faultBefore(ctx context.Context) error {
	if code, found := t.Drill.Fault.ExitCode(); found {
		return Fail(code, fmt.Errorf("fault %s", t.Drill.Fault))
	}
	switch t.Drill.Fault {
	case workload.FaultHang:
		<-ctx.Done()
		return context.Cause(ctx)
	case workload.FaultSilent:
		t.lines.mutex.Lock() // nothing is written any more
		<-ctx.Done()
		return context.Cause(ctx)
	case workload.FaultIgnoreTerm:
		signal.Ignore(syscall.SIGTERM)
		select {}
	case workload.FaultOutOfMemory:
		exhaust()
	case workload.FaultNoise:
		t.lines.raw(strings.Repeat("this is not JSON\n", workload.MaxPlainLines*3/2))
	case workload.FaultLongLine:
		t.lines.raw(strings.Repeat("x", workload.MaxLineBytes+1) + "\n")
	case workload.FaultOrphan:
		return orphan()
	case workload.FaultNaN:
		if t.Request.Command != workload.Train {
			return Fail(workload.ExitBadRequest, errors.New("params.fault = nan: only train shows it"))
		}
	}
	return nil
}

// exhaust takes memory, and touches it, until the process is ended.
func exhaust() {
	const block, page = 16 << 20, 4 << 10
	var taken [][]byte
	for {
		piece := make([]byte, block)
		for i := 0; i < block; i += page {
			piece[i] = 1
		}
		taken = append(taken, piece)
		runtime.KeepAlive(taken)
	}
}

// orphan leaves a process behind that is in a session of its own.
func orphan() error {
	child := exec.Command("sleep", "600")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fmt.Errorf("start an orphan: %w", err)
	}
	return child.Process.Release()
}

// faultAfter shows the faults of the result; done says that no result is to be written any more.
func (t *Task) faultAfter(result *workload.Result) (done bool, err error) {
	switch t.Drill.Fault {
	case workload.FaultNoResult:
		return true, nil
	case workload.FaultBadResult:
		return true, WriteFile(filepath.Join(t.folder, workload.ResultFile), []byte(`{"contract":`))
	case workload.FaultForeignResult:
		result.JobID += "-other"
	case workload.FaultEscape:
		result.Outputs = append(result.Outputs, workload.Output{Role: workload.RoleModel, Path: "../" + workload.RequestFile, SHA256: strings.Repeat("0", 64)})
	case workload.FaultWrongHash, workload.FaultTruncatedOutput, workload.FaultMissingOutput:
		return false, t.spoil(result)
	}
	return false, nil
}

// spoil breaks the first output.
func (t *Task) spoil(result *workload.Result) error {
	if len(result.Outputs) == 0 {
		return Fail(workload.ExitBadRequest, fmt.Errorf("params.fault = %s: this command has no output", t.Drill.Fault))
	}
	first := &result.Outputs[0]
	switch t.Drill.Fault {
	case workload.FaultWrongHash:
		first.SHA256 = strings.Repeat("0", len(first.SHA256))
		return nil
	case workload.FaultMissingOutput:
		return os.Remove(t.Path(first.Path))
	}
	return os.Truncate(t.Path(first.Path), first.Bytes/2)
}
