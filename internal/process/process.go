package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// sendTimeout bounds a message to a shim that does not read.
	sendTimeout = time.Second
	// sweepTimeout bounds the search for what a lost shim has left.
	sweepTimeout = 10 * time.Second
)

// Process is a command that runs, or has run, under its shim.
type Process struct {
	command Command
	account *account // nil: whom the worker runs as
	marker  string
	shim    *exec.Cmd
	faults  *tail // what the shim wrote to standard error: why it crashed
	started started

	control *os.File
	sending sync.Mutex
	silent  atomic.Int64 // beats that the shim has not answered

	lines *lineReader // nil without Command.OnLine
	ready chan struct{}
	done  chan struct{}
	exit  Exit // valid once done is closed
}

// PID is the main process's id, for display: signals go through Stop.
func (p *Process) PID() int { return p.started.PID }

// Started is when the main process was started.
func (p *Process) Started() time.Time { return p.started.At }

// Marker is what every descendant carries in its environment; Sweep takes it.
func (p *Process) Marker() string { return p.marker }

// Ready is closed when the command says that it is ready as Command.Ready has it, and from the start if that is empty.
// It is never closed if the command ends before it says so, and never after Done.
func (p *Process) Ready() <-chan struct{} { return p.ready }

// Done is closed when no descendant is left and the last line has been delivered.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits until Done and says how the command ended. It may be called more than once.
func (p *Process) Wait() Exit {
	<-p.done
	return p.exit
}

// Stop asks all processes to end and returns at once; those that run after grace are killed, without grace
// at once. A second call can only shorten the grace. After the end it does nothing. Only a process that is
// stuck in the kernel, as on a dead disk, can outlast it, and Wait with it.
func (p *Process) Stop(grace time.Duration) { p.stop(grace, "") }

func (p *Process) stop(grace time.Duration, detail string) {
	p.tell(order{Stop: &stopOrder{Grace: max(grace, 0), Detail: detail}})
}

// tell sends an order. One that does not arrive needs no error: the shim is gone, which Wait tells, or it
// does not read, for which the beats have a limit.
func (p *Process) tell(what order) {
	p.sending.Lock()
	defer p.sending.Unlock()
	_ = p.control.SetWriteDeadline(time.Now().Add(sendTimeout))
	_ = send(p.control, what)
}

// beat shows the shim that this worker lives, kills a shim that shows nothing in return, and stops the
// command when ctx ends.
func (p *Process) beat(ctx context.Context) {
	ticker := time.NewTicker(p.command.Beat)
	defer ticker.Stop()
	cancelled := ctx.Done()
	limit := int64(p.command.Silence / p.command.Beat)
	for {
		select {
		case <-p.done:
			return
		case <-cancelled:
			p.stop(p.command.Grace, context.Cause(ctx).Error())
			cancelled = nil
		case <-ticker.C:
			if p.silent.Add(1) > limit {
				_ = p.shim.Process.Kill() // it may have ended by now; follow sweeps in any case
			}
			p.tell(order{Beat: true})
		}
	}
}

// follow listens to the shim until it is gone, and sees to it that the rest is gone as well.
func (p *Process) follow(reports receiver) {
	defer close(p.done)
	exit := p.listen(reports)
	ending := p.shim.Wait()
	if exit == nil {
		exit = p.lost(ending)
	}
	if p.lines != nil {
		p.lines.finish()
	}
	p.exit = *exit
	p.sending.Lock()
	defer p.sending.Unlock()
	_ = p.control.Close() // nothing is written any more that could be lost
}

// listen returns the exit, or nil if the shim ends without telling it.
func (p *Process) listen(reports receiver) *Exit {
	for {
		var said report
		if err := reports.next(&said); err != nil {
			return nil
		}
		p.silent.Store(0)
		if said.Ready {
			close(p.ready) // it is said once at most
		}
		if said.Exit != nil {
			return said.Exit
		}
	}
}

// lost ends what a shim has left that was killed or that did not answer.
func (p *Process) lost(ending error) *Exit {
	ctx, cancel := context.WithTimeout(context.Background(), sweepTimeout)
	defer cancel()
	detail := fmt.Sprintf("the shim (pid %d) ended unexpectedly (%s)", p.shim.Process.Pid, describeShim(ending))
	if text := p.faults.String(); text != "" {
		detail += ": " + text
	}
	count, err := Sweep(ctx, p.marker, 0)
	if count > 0 {
		detail += fmt.Sprintf("; %d processes it had left were ended", count)
	}
	if err != nil {
		detail += "; " + err.Error()
	}
	return &Exit{Cause: CauseShimLost, Code: -1, Detail: detail, Started: p.started.At, Ended: time.Now()}
}

func describeShim(ending error) string {
	var exit *exec.ExitError
	switch {
	case ending == nil:
		return "exit code 0"
	case errors.As(ending, &exit):
		return exit.String()
	}
	return ending.Error()
}

func signalName(signal syscall.Signal) string {
	if name := unix.SignalName(signal); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", signal)
}

// tail keeps the end of what is written to it.
type tail struct {
	mutex sync.Mutex
	text  []byte
}

const tailSize = 4 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.text = append(t.text, text...)
	if surplus := len(t.text) - tailSize; surplus > 0 {
		t.text = append(t.text[:0], t.text[surplus:]...)
	}
	return len(text), nil
}

func (t *tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return string(t.text)
}
