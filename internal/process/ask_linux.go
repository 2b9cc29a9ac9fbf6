package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// answerWait is how long what a question has printed may still arrive once it has ended.
const answerWait = 200 * time.Millisecond

// Ask runs a short command that asks how another one is, and returns nil if it ends with 0 before ctx ends. The error
// has the beginning of what it printed, without secrets. Of the command, Name, Args, Dir, Env, Scope, Secrets and User
// count. It has no shim, which would cost more than most questions: its session is killed when it has ended, and if it
// does not end in time, all that it has started. What it leaves when the worker is killed at that moment is swept with
// the worker's scope.
func Ask(ctx context.Context, command Command) error {
	command = command.withDefaults()
	if err := command.check(); err != nil {
		return fmt.Errorf("ask %q: %w", command.Name, err)
	}
	path, err := command.find()
	if err != nil {
		return err // names the program or the folder
	}
	account, err := command.account(os.Geteuid())
	if err != nil {
		return fmt.Errorf("user %q: %w", command.User, err)
	}
	answer := &head{}
	question := command.question(ctx, path, account, answer)
	marker := newMarker(command.Scope)
	question.Env = append(question.Env, markerVariable+"="+marker)
	err = runQuestion(question)
	if ctx.Err() != nil {
		err = errors.Join(err, sweepQuestion(marker))
	}
	if err != nil {
		return fmt.Errorf("%s: %w%s", command.Args[0], err, Excerpt(answer.text, command.Secrets))
	}
	return nil
}

// question is the command as a process in a session of its own, which is killed when ctx ends.
func (c Command) question(ctx context.Context, path string, as *account, answer *head) *exec.Cmd {
	question := exec.CommandContext(ctx, path)
	question.Args, question.Dir, question.Env = c.Args, c.Dir, c.Env[:len(c.Env):len(c.Env)]
	question.Stdout, question.Stderr, question.WaitDelay = answer, answer, answerWait
	question.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Credential: as.credential()}
	question.Cancel = func() error { return unix.Kill(-question.Process.Pid, unix.SIGKILL) }
	return question
}

// runQuestion waits for the end, and kills what is left of the process group before its number can be given away.
func runQuestion(question *exec.Cmd) error {
	if err := question.Start(); err != nil {
		return err
	}
	for {
		err := unix.Waitid(unix.P_PID, question.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	_ = unix.Kill(-question.Process.Pid, unix.SIGKILL) // mostly nobody is left
	err := question.Wait()
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil // it has ended well; who has left its session holds the output open
	}
	return err
}

// sweepQuestion ends what has left the process group of a question that did not end in time.
func sweepQuestion(marker string) error {
	ctx, cancel := context.WithTimeout(context.Background(), sweepTimeout)
	defer cancel()
	_, err := Sweep(ctx, marker, 0)
	return err
}
