package process

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// commandOOMScore makes the kernel choose a command before its worker when memory runs out.
const commandOOMScore = 500

// spawn starts the command in a session of its own. The kernel ties the parent death signal to the starting
// thread and hands its priority and processors down, so that thread does nothing else until the shim ends.
func spawn(order startOrder, group *cgroup, files []uintptr) (pid int, grouped bool, err error) {
	spawned := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := prepareThread(order.Limits)
		if err == nil {
			pid, grouped, err = forkInto(order, group, files)
		}
		spawned <- err
		select {}
	}()
	err = <-spawned
	return pid, grouped, err
}

// forkInto starts the command in its group from the beginning: to move a process there takes the kernel many milliseconds.
// Where it may not be started there, it runs without one.
func forkInto(order startOrder, group *cgroup, files []uintptr) (pid int, grouped bool, err error) {
	folder, err := group.open()
	if folder != nil && err == nil {
		defer folder.Close()
		if pid, err := fork(order, folder, files); err == nil {
			return pid, true, nil
		}
	}
	pid, err = fork(order, nil, files)
	return pid, false, err
}

func fork(order startOrder, group *os.File, files []uintptr) (int, error) {
	// The death signal is set last: the kernel forgets it when the user changes.
	attributes := &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Credential: order.Account.credential()}
	if group != nil {
		attributes.UseCgroupFD, attributes.CgroupFD = true, int(group.Fd())
	}
	pid, err := syscall.ForkExec(order.Path, order.Args, &syscall.ProcAttr{
		Dir:   order.Dir,
		Env:   append(order.Env, markerVariable+"="+order.Marker),
		Files: files,
		Sys:   attributes,
	})
	if errors.Is(err, syscall.ENOENT) {
		// Both were there a moment ago: what is missing is the interpreter.
		return 0, fmt.Errorf("run %s: %w (the program or the interpreter that its first line names)", order.Path, err)
	}
	if err != nil {
		return 0, fmt.Errorf("run %s in %s: %w", order.Path, order.Dir, err)
	}
	score := []byte(strconv.Itoa(commandOOMScore))
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), score, 0) // a wish; the process may have ended
	if order.Limits.Nice > 0 {
		// Where the scheduler shares time among sessions, niceness counts only within one. This is the session's own.
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/autogroup", pid), []byte(strconv.Itoa(min(order.Limits.Nice, 19))), 0) // a wish, too
	}
	return pid, nil
}

// prepareThread gives the thread the priority and the processors that the command is to have.
func prepareThread(limits Limits) error {
	thread := unix.Gettid()
	if limits.Nice > 0 {
		// The system call answers 20 minus the niceness, since negative numbers are errors there.
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, thread)
		if err == nil {
			err = unix.Setpriority(unix.PRIO_PROCESS, thread, min(20-raw+limits.Nice, 19))
		}
		if err != nil {
			return fmt.Errorf("set Limits.Nice %d: %w", limits.Nice, err)
		}
	}
	if len(limits.Processors) > 0 {
		return bindThread(thread, limits.Processors)
	}
	return nil
}

func bindThread(thread int, processors []int) error {
	var chosen unix.CPUSet
	for _, processor := range processors {
		chosen.Set(processor)
	}
	if err := unix.SchedSetaffinity(thread, &chosen); err != nil {
		return fmt.Errorf("set Limits.Processors %v: %w", processors, err)
	}
	return nil
}

// usableProcessors are those that this process may use.
func usableProcessors() (usable []int, err error) {
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return nil, fmt.Errorf("read processors: %w", err)
	}
	for processor := range len(allowed) * strconv.IntSize {
		if allowed.IsSet(processor) {
			usable = append(usable, processor)
		}
	}
	return usable, nil
}
