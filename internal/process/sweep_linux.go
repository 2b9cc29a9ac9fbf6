package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	sweepInterval = 20 * time.Millisecond
	// shimPatience is how long a shim may take to end by itself once its processes are gone.
	shimPatience = 2 * time.Second
)

// Sweep ends what is left of commands whose shim or worker is dead: of one command by its marker, of all
// commands of a worker by its scope. Processes are asked to end, killed after grace, and shims come last
// because they hold orphans together. It returns how many processes it found, and an error that names those
// which remain when ctx ends. A worker calls it before it starts anything.
func Sweep(ctx context.Context, marker string, grace time.Duration) (int, error) {
	s := sweep{marker: marker, killAt: time.Now().Add(grace), seen: map[identity]bool{}}
	retry := time.NewTicker(sweepInterval)
	defer retry.Stop()
	for {
		left, err := s.round()
		if err != nil {
			return len(s.seen), fmt.Errorf("sweep %s: %w", marker, err)
		}
		if left == 0 && removeCgroups(marker) {
			return len(s.seen), nil
		}
		select {
		case <-ctx.Done():
			return len(s.seen), fmt.Errorf("sweep %s: %d processes are left%s: %w", marker, left, s.describe(), ctx.Err())
		case <-retry.C:
		}
	}
}

// sweep is one search for leftovers, over several rounds.
type sweep struct {
	marker string
	killAt time.Time
	seen   map[identity]bool
	left   []entry
}

// identity tells a process from a later one with the same pid.
type identity struct {
	pid   int
	start uint64
}

// round signals what there is and says how many processes are left.
func (s *sweep) round() (int, error) {
	all, err := processes()
	if err != nil {
		return 0, err
	}
	commands, shims := s.find(all)
	s.left = append(commands, shims...)
	kill := !time.Now().Before(s.killAt)
	for _, one := range commands {
		key := identity{one.pid, one.start}
		if !kill && !s.seen[key] {
			_ = unix.Kill(one.pid, unix.SIGTERM) // it may have ended
			_ = unix.Kill(one.pid, unix.SIGCONT)
		}
		s.seen[key] = true
	}
	if kill {
		s.kill(commands)
	}
	if len(commands) == 0 && time.Since(s.killAt) > shimPatience {
		for _, one := range shims {
			_ = unix.Kill(one.pid, unix.SIGKILL) // frozen, or it would have ended by itself
		}
	}
	return len(s.left), nil
}

// removeCgroups says whether none is left.
func removeCgroups(marker string) bool {
	gone := true
	for _, group := range findCgroups(marker) {
		gone = group.remove() && gone
	}
	return gone
}

func (s *sweep) kill(commands []entry) {
	for _, group := range findCgroups(s.marker) {
		group.kill()
	}
	for group := range groups(commands) {
		_ = unix.Kill(-group, unix.SIGKILL) // it may have ended
	}
}

// find returns the marked processes with all that descends from them and all that shares their sessions, and
// the shims. Whoever sweeps is spared with its session, even if a command has started it.
func (s *sweep) find(all table) (commands, shims []entry) {
	own := all[os.Getpid()].session
	marked, sessions := map[int]bool{}, map[int]bool{}
	mark := func(pid int) {
		marked[pid], sessions[all[pid].session] = true, true
		for _, below := range all.descendants(pid) {
			marked[below.pid], sessions[below.session] = true, true
		}
	}
	for pid, one := range all {
		switch {
		case !one.alive() || one.session == own:
		case s.carries(one, shimVariable):
			shims = append(shims, one)
		case s.carries(one, markerVariable):
			mark(pid)
		}
	}
	for _, group := range findCgroups(s.marker) {
		for _, pid := range group.processes() {
			if _, known := all[pid]; known {
				mark(pid)
			}
		}
	}
	for pid, one := range all {
		if one.alive() && one.session != own && (marked[pid] || sessions[one.session]) {
			commands = append(commands, one)
		}
	}
	return commands, shims
}

// carries looks for the marker in the environment that the process was started with.
func (s *sweep) carries(one entry, variable string) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", one.pid))
	if err != nil {
		return false // gone, or another user's
	}
	for entry := range bytes.SplitSeq(environment, []byte{0}) {
		if value, found := bytes.CutPrefix(entry, []byte(variable+"=")); found && marks(s.marker, string(value)) {
			return true
		}
	}
	return false
}

// describe names the first few that are left.
func (s *sweep) describe() string {
	var text strings.Builder
	for _, one := range s.left[:min(len(s.left), 5)] {
		fmt.Fprintf(&text, ", pid %d", one.pid)
	}
	return text.String()
}
