package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// startTimeout is how long the shim may take until the command runs.
const startTimeout = 30 * time.Second

// The shim's descriptors after the three standard ones.
const (
	controlDescriptor = 3 + iota
	drainDescriptor   // the end of the line pipe that the worker reads: the shim empties it when the worker is gone
	linesDescriptor   // the end that the command writes to
)

// Start runs a command under a new shim and returns when the main process runs. When ctx ends, the command is
// stopped with its Grace. After an error nothing is left that was started.
func Start(ctx context.Context, command Command) (*Process, error) {
	command = command.withDefaults()
	if err := errors.Join(command.check(), ctx.Err()); err != nil {
		return nil, fmt.Errorf("start command %q: %w", command.Name, err)
	}
	path, err := command.find()
	if err != nil {
		return nil, fmt.Errorf("start command %s: %w", command.Name, err)
	}
	account, err := command.account(os.Geteuid())
	if err != nil {
		return nil, fmt.Errorf("start command %s: User %q: %w", command.Name, command.User, err)
	}
	p := &Process{
		command: command, account: account, marker: newMarker(command.Scope), faults: &tail{},
		ready: make(chan struct{}), done: make(chan struct{}),
	}
	if command.Ready == (Ready{}) {
		close(p.ready)
	}
	reports, err := p.launch(path)
	if err != nil {
		return nil, fmt.Errorf("start command %s: %w", command.Name, err)
	}
	if p.lines != nil {
		go p.lines.run()
	}
	go p.follow(reports)
	go p.beat(ctx)
	return p, nil
}

// launch starts the shim, hands it the order and waits until it reports that the command runs.
func (p *Process) launch(path string) (receiver, error) {
	ends, err := p.open()
	defer ends.close()
	if err != nil {
		return receiver{}, errors.Join(err, p.abandon())
	}
	p.shim = p.shimCommand(ends)
	if err := p.shim.Start(); err != nil {
		return receiver{}, errors.Join(fmt.Errorf("start the shim: %w", err), p.abandon())
	}
	ends.close() // or the end of the shim would not be seen here
	reports := newReceiver(p.control)
	if err := p.begin(path, reports); err != nil {
		err = errors.Join(err, p.abandon())
		if wrote := p.faults.String(); wrote != "" {
			err = fmt.Errorf("%w (the shim wrote %q)", err, wrote)
		}
		return receiver{}, err
	}
	return reports, nil
}

// shimEnds are the descriptors that only the shim needs.
type shimEnds []*os.File

func (e shimEnds) close() {
	for _, file := range e {
		_ = file.Close() // the shim has its own copies; a second close does nothing
	}
}

// open makes the socket and, for lines, the pipe.
func (p *Process) open() (shimEnds, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("make the shim's socket: %w", err)
	}
	p.control = os.NewFile(uintptr(pair[0]), "shim")
	ends := shimEnds{os.NewFile(uintptr(pair[1]), "control")}
	if p.command.OnLine == nil {
		return ends, nil
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return ends, fmt.Errorf("make the pipe for lines: %w", err)
	}
	p.lines = newLineReader(reader, p.command.Secrets, p.command.OnLine)
	drain, err := reopen(reader)
	return append(ends, drain, writer), err
}

// reopen opens the same pipe once more: a mere copy of the descriptor would share whether reads block.
func reopen(pipe *os.File) (file *os.File, err error) {
	connection, err := pipe.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("reach the pipe for lines: %w", err)
	}
	var failure error
	err = connection.Control(func(descriptor uintptr) {
		file, failure = os.Open(fmt.Sprintf("/proc/self/fd/%d", descriptor))
	})
	return file, errors.Join(err, failure)
}

func (p *Process) shimCommand(ends shimEnds) *exec.Cmd {
	argv := p.command.Shim
	if len(argv) == 0 {
		// The link still leads to this very executable when a deploy has replaced the file.
		argv = []string{"/proc/self/exe", ShimArgument}
	}
	shim := exec.Command(argv[0], append(argv[1:len(argv):len(argv)], p.command.Name)...)
	shim.Args[0] = filepath.Base(os.Args[0])
	shim.Dir = "/"
	shim.Env = append(shimRuntime(), shimVariable+"="+p.marker)
	shim.ExtraFiles = ends
	shim.Stderr = p.faults
	shim.WaitDelay = finishTimeout
	shim.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return shim
}

// shimRuntime keeps the Go runtime of the shim small: a second processor would cost it a third of its memory and half of
// its idle time.
func shimRuntime() []string { return []string{"GOMAXPROCS=1", "GOGC=20"} }

// begin hands over the order and reads the first report.
func (p *Process) begin(path string, reports receiver) error {
	c := p.command
	_ = p.control.SetDeadline(time.Now().Add(startTimeout)) // a socket has deadlines
	err := send(p.control, order{Start: &startOrder{
		Version: protocolVersion, Name: c.Name, Marker: p.marker, Path: path, Args: c.Args, Dir: c.Dir, Env: c.Env,
		Lines: c.OnLine != nil, Log: c.Log, Secrets: c.Secrets, Limits: c.Limits, Ready: c.Ready,
		Account: p.account, StopSignal: c.StopSignal, Grace: c.Grace, Silence: c.Silence,
	}})
	if err != nil {
		return fmt.Errorf("hand the order to the shim: %w", err)
	}
	var first report
	if err := reports.next(&first); err != nil {
		return fmt.Errorf("hear from the shim: %w", err)
	}
	_ = p.control.SetDeadline(time.Time{})
	if first.Started == nil {
		return errors.New(first.Fault)
	}
	p.started = *first.Started
	return nil
}

// abandon leaves nothing of a start that did not work out.
func (p *Process) abandon() error {
	for _, file := range []*os.File{p.control, p.lines.file()} {
		if file != nil {
			_ = file.Close() // nothing was agreed on that could be lost
		}
	}
	if p.shim == nil || p.shim.Process == nil {
		return nil
	}
	_ = p.shim.Process.Kill() // it may have ended by itself
	_ = p.shim.Wait()         // its exit code adds nothing to the fault
	ctx, cancel := context.WithTimeout(context.Background(), sweepTimeout)
	defer cancel()
	_, err := Sweep(ctx, p.marker, 0)
	return err
}
