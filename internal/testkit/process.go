package testkit

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a child that dies with the test binary, however that ends.
type process struct {
	command *exec.Cmd
	done    chan struct{} // closed once the child is gone and reaped
}

// startProcess starts command so that the kernel kills it when this process ends. The kernel ties that to
// the thread which started it, so that thread is kept until the child is gone.
func startProcess(command *exec.Cmd) (*process, error) {
	p := &process{command: command, done: make(chan struct{})}
	dieWithParent(command)
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.done)
		err := command.Start()
		started <- err
		if err == nil {
			_ = command.Wait() // a server that was killed has no other ending to tell
		}
	}()
	return p, <-started
}

// end signals the child and waits until it is gone. A child that is gone already is fine.
func (p *process) end(signal syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("signal %s: %w", signal, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(serverStopTime):
		return fmt.Errorf("pid %d still runs %s after %s", p.command.Process.Pid, serverStopTime, signal)
	}
}
