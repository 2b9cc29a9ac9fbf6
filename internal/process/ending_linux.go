package process

import (
	"io"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// killRetry is how long to wait between rounds of KILL that find nothing new: for processes that are stuck
// in the kernel.
const killRetry = 20 * time.Millisecond

// end asks all processes to end and kills those that remain after grace. The first cause counts; a later
// call can only shorten the grace.
func (s *supervisor) end(cause Cause, detail string, grace time.Duration) {
	if s.exit.Cause == "" {
		s.exit.Cause, s.exit.Detail = cause, detail
	}
	at := time.Now().Add(grace)
	if s.ending && !at.Before(s.killAt) {
		return
	}
	asked := s.ending
	s.ending, s.killAt, s.deadline = true, at, time.After(grace)
	if grace > 0 && !asked {
		s.ask()
	}
}

// afterMain ends what the main process has left behind.
func (s *supervisor) afterMain() {
	if !s.ended || s.ending {
		return
	}
	for _, one := range living() {
		if one.alive() {
			s.exit.Stragglers++
		}
	}
	s.end(s.exit.Cause, "", min(s.order.Grace, OrphanGrace))
}

// ask sends the stop signal to every process group, and wakes those that are stopped so that they hear it.
// Orphans change their place in the tree while it is read, hence the second look.
func (s *supervisor) ask() {
	asked := map[int]bool{}
	for range 2 {
		for group := range groups(living()) {
			if !asked[group] {
				asked[group] = true
				_ = unix.Kill(-group, s.order.StopSignal) // it may have ended
				_ = unix.Kill(-group, unix.SIGCONT)
			}
		}
	}
}

// kill does one round. It comes again at once while processes live that may fork faster than one by one
// could be killed; a whole group dies in one step, before any of it can fork.
func (s *supervisor) kill() {
	s.exit.Forced = true
	s.group.kill()
	if !s.ended {
		_ = unix.Kill(-s.main, unix.SIGKILL) // its own group needs no look at /proc
	}
	found := groups(living())
	for group := range found {
		_ = unix.Kill(-group, unix.SIGKILL) // it may have ended
	}
	delay := killRetry
	if len(found) > 0 {
		delay = time.Millisecond
	}
	s.retry = time.After(delay)
}

// living is what hangs below the shim. It is empty if /proc cannot be read: there is another round.
func living() []entry {
	all, err := processes()
	if err != nil {
		return nil
	}
	return all.descendants(os.Getpid())
}

// groups are the process groups of those that live. They contain nobody else: the command began a session of
// its own, and groups do not reach beyond a session. A group of another pid namespace reads 0, and a signal to that would
// reach whoever sends it.
func groups(some []entry) map[int]bool {
	found := map[int]bool{}
	own := unix.Getpgrp()
	for _, one := range some {
		if one.alive() && one.group > 1 && one.group != own {
			found[one.group] = true
		}
	}
	return found
}

// drain empties a pipe until nobody holds its other end, so that no command waits for a reader that is gone.
func drain(pipe *os.File) {
	_, _ = io.Copy(io.Discard, pipe) // there is nobody to tell
	_ = pipe.Close()
}

// hurry gives the shim precedence over everything else, where it may: among hundreds of processes that fork
// it would not get the time to find and kill them.
func hurry() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return // as where it is not allowed: the shim kills at the pace it gets
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = unix.SchedSetAttr(id, &unix.SchedAttr{
				Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK,
			}, 0)
		}
	}
}
