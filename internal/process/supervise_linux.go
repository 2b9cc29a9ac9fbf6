package process

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// supervisor is the shim's view of its command. One goroutine owns it.
type supervisor struct {
	order  startOrder
	main   int
	ended  bool // the main process has
	exit   Exit
	group  *cgroup // nil where none could be made
	output *output
	pipe   *os.File // what output reads
	ready  *readiness
	oom    oomCounter

	heard   time.Duration // when the worker last showed itself, by sinceBoot
	silence *time.Timer

	ending   bool
	killing  bool
	killAt   time.Time
	deadline <-chan time.Time // of the grace
	retry    <-chan time.Time // for another round of KILL
}

// start opens the log and starts the command.
func start(order startOrder) (*supervisor, error) {
	streams, err := openStreams(order)
	if err != nil {
		return nil, err
	}
	ready, err := newReadiness(order.Ready, streams.ready)
	if err != nil {
		return nil, err
	}
	output, err := newOutput(order.Log, order.Secrets, ready)
	if err != nil {
		return nil, err
	}
	s := &supervisor{order: order, output: output, pipe: streams.output, ready: ready, heard: sinceBoot()}
	s.exit = Exit{Code: -1, Started: time.Now(), Usage: &Usage{}}
	s.group = makeCgroup(order.Marker)
	s.oom = newOOMCounter(s.group)
	var grouped bool
	s.main, grouped, err = spawn(order, s.group, streams.descriptors())
	streams.handOver()
	if !grouped {
		s.group.dissolve()
		s.group, s.oom = nil, newOOMCounter(nil)
	}
	if err != nil {
		return nil, err
	}
	go output.run(streams.output)
	if streams.ready != nil {
		go ready.listen()
	}
	return s, nil
}

// serve supervises the command to its end and reports it.
func (s *supervisor) serve(control *os.File, orders receiver, signals <-chan os.Signal) error {
	if err := s.report(control, report{Started: &started{PID: s.main, At: s.exit.Started}}); err != nil {
		s.end(CauseWorkerGone, "the worker went while the command started", 0)
	}
	received := make(chan order)
	go func() {
		defer close(received)
		for {
			var one order
			if orders.next(&one) != nil {
				return // the worker has gone
			}
			received <- one
		}
	}()
	s.supervise(control, received, signals)
	s.exit.LogFault = s.output.finish(s.pipe)
	if s.ready.finish() {
		_ = s.report(control, report{Ready: true}) // as below
	}
	s.exit.Ended = time.Now()
	// Without a worker there is nobody to tell, and that is one of the regular endings.
	_ = s.report(control, report{Exit: &s.exit})
	s.group.dissolve()
	return nil
}

func (s *supervisor) report(control *os.File, what report) error {
	_ = control.SetWriteDeadline(time.Now().Add(sendTimeout)) // a frozen worker does not read
	return send(control, what)
}

// supervise returns when the kernel says that no child is left.
func (s *supervisor) supervise(control *os.File, orders <-chan order, signals <-chan os.Signal) {
	s.silence = time.NewTimer(s.order.Silence)
	watch := newWatch(s.order.Limits, s.group)
	for !s.reap() {
		if s.killing {
			s.kill()
		}
		select {
		case one, open := <-orders:
			if !open {
				orders = nil
				s.orphaned("the worker is gone")
				continue
			}
			s.obey(control, one)
		case received := <-signals:
			if received == unix.SIGTERM {
				s.end(CauseStopped, "the shim got SIGTERM", s.order.Grace)
			}
		case <-s.silence.C:
			s.checkSilence()
		case <-s.ready.said:
			_ = s.report(control, report{Ready: true}) // a worker that does not read it beats no more either
		case <-watch.tick:
			s.enforce(watch)
		case <-s.deadline:
			s.killing, s.deadline = true, nil
		case <-s.retry:
		}
	}
}

// enforce kills a tree that exceeds a limit: what grows too fast must not get time to grow on.
func (s *supervisor) enforce(watch *watch) {
	if s.killing || !watch.due() {
		return
	}
	cause, detail := watch.look()
	if cause == "" {
		return
	}
	if cause == CauseProcessLimit {
		hurry()
	}
	s.end(cause, detail, 0)
	s.killing = true
}

func (s *supervisor) obey(control *os.File, one order) {
	s.checkSilence() // beats that waited while everything was frozen come too late
	s.heard = sinceBoot()
	s.silence.Reset(s.order.Silence)
	if one.Beat {
		s.oom.refresh()
		_ = s.report(control, report{Beat: true}) // a worker that does not read it beats no more either
	}
	if one.Stop != nil {
		s.end(CauseStopped, one.Stop.Detail, one.Stop.Grace)
	}
}

func (s *supervisor) checkSilence() {
	if silent := sinceBoot() - s.heard; silent >= s.order.Silence {
		s.orphaned(fmt.Sprintf("the worker was silent for %s", silent.Round(time.Millisecond)))
	}
}

// orphaned ends a command without worker, and empties the pipe that the worker would have read.
func (s *supervisor) orphaned(detail string) {
	if s.order.Lines {
		s.order.Lines = false
		go drain(os.NewFile(drainDescriptor, "drain"))
	}
	s.end(CauseWorkerGone, detail, min(s.order.Grace, OrphanGrace))
}

// reap collects every child that has ended and says whether none is left.
func (s *supervisor) reap() (childless bool) {
	for {
		var status unix.WaitStatus
		var used unix.Rusage
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, &used)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return true // no children
		case pid == 0:
			s.afterMain()
			return false
		}
		s.account(used)
		if pid == s.main {
			s.mainEnded(status)
		}
	}
}

func (s *supervisor) account(used unix.Rusage) {
	s.exit.Usage.User += time.Duration(used.Utime.Nano())
	s.exit.Usage.System += time.Duration(used.Stime.Nano())
	s.exit.Usage.LargestProcess = max(s.exit.Usage.LargestProcess, used.Maxrss<<10)
}

// mainEnded notes how, and why unless we know why.
func (s *supervisor) mainEnded(status unix.WaitStatus) {
	s.ended = true
	cause := CauseExited
	if status.Signaled() {
		cause = CauseSignalled
		s.exit.Signal = status.Signal()
	} else {
		s.exit.Code = status.ExitStatus()
	}
	if s.exit.Signal == unix.SIGKILL {
		s.exit.Killer = s.killer()
	}
	if s.exit.Killer == KillerKernel {
		cause, s.exit.Detail = CauseOutOfMemory, "the kernel killed it for want of memory"
	}
	if s.exit.Cause == "" {
		s.exit.Cause = cause
	}
}

func (s *supervisor) killer() Killer {
	switch {
	case s.exit.Forced:
		return KillerShim
	case s.oom.rose():
		return KillerKernel
	}
	return KillerUnknown
}
