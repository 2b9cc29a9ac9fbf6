package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"
)

const (
	pollInterval = 50 * time.Millisecond
	killPatience = 5 * time.Second
)

// service is one process that outlives the command that started it.
type service struct {
	name    string
	record  string        // path of what is known about the running process
	log     string        // path of its output
	grace   time.Duration // how long it may take to end by itself
	address string        // where it serves
}

// record is how a later command finds the process again.
type record struct {
	PID int `json:"pid"`
	// Identity tells the process from a later one that was given the same pid.
	Identity string    `json:"identity"`
	Address  string    `json:"address"`
	Since    time.Time `json:"since"`
}

// find returns the record of the running process, or nil if none runs. A stale record counts as none.
func (s service) find() (*record, error) {
	text, err := os.ReadFile(s.record)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read record of the %s: %w", s.name, err)
	}
	var known record
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, fmt.Errorf("%s is not a record of the %s (%w); end that process by hand if it runs, and delete the file", s.record, s.name, err)
	}
	alive, err := known.alive()
	if err != nil || !alive {
		return nil, err
	}
	return &known, nil
}

func (r record) alive() (bool, error) {
	identity, err := identify(r.PID)
	return identity != "" && identity == r.Identity, err
}

// start runs command in a session of its own, so that neither Ctrl-C nor a closed terminal reaches it, and
// writes its record. The returned channel is closed when the process ends while this one lives.
func (s service) start(command *exec.Cmd) (ended <-chan struct{}, err error) {
	output, err := openLog(s.log)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = command.Wait() // how it ended stands in its log
	}()
	if err := s.remember(command.Process.Pid); err != nil {
		return nil, errors.Join(err, command.Process.Kill())
	}
	return done, nil
}

// stop asks the process to end and waits; one that does not end in its grace is killed, which is reported.
func (s service) stop(ctx context.Context, known record) (killed bool, err error) {
	if err := send(known, known.PID, syscall.SIGTERM); err != nil {
		return false, fmt.Errorf("stop %s: %w", s.name, err)
	}
	err = awaitEnd(ctx, known, s.grace)
	if errors.Is(err, errStillRuns) {
		killed = true
		if err = send(known, -known.PID, syscall.SIGKILL); err == nil {
			err = awaitEnd(ctx, known, killPatience)
		}
	}
	if err != nil {
		return killed, fmt.Errorf("stop %s (pid %d): %w", s.name, known.PID, err)
	}
	return killed, s.forget()
}

func (s service) remember(pid int) error {
	identity, err := identify(pid)
	if err != nil {
		return err
	}
	text, err := json.Marshal(record{PID: pid, Identity: identity, Address: s.address, Since: time.Now().UTC()})
	if err != nil {
		return fmt.Errorf("encode record of the %s: %w", s.name, err)
	}
	return writeFile(s.record, text)
}

func (s service) forget() error {
	if err := os.Remove(s.record); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove record of the %s: %w", s.name, err)
	}
	return nil
}

var errStillRuns = errors.New("it still runs")

// send reaches target only while the recorded process is the one that has its pid.
func send(known record, target int, what syscall.Signal) error {
	alive, err := known.alive()
	if err != nil || !alive {
		return err
	}
	if err := syscall.Kill(target, what); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %s to pid %d: %w", what, known.PID, err)
	}
	return nil
}

func awaitEnd(ctx context.Context, known record, patience time.Duration) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		if alive, err := known.alive(); err != nil || !alive {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return errStillRuns
		case <-poll.C:
		}
	}
}

// errEnded explains a service that ended instead of serving.
func (s service) errEnded() error {
	return errors.New("it ended: " + s.lastLine() + " (log: " + s.log + ")")
}
