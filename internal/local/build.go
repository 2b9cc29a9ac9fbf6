package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// buildReport is how often a build tells how far it is.
const buildReport = 15 * time.Second

// Temporal returns the path of the Temporal CLI and builds it first where there is none, or one that an older build of
// this program has made of other modules.
func (i *Installation) Temporal(ctx context.Context) (string, error) {
	path, err := FindTemporal(i.config.TemporalCLI, i.config.BinDir)
	reason := "no temporal CLI on PATH"
	switch {
	case err == nil && isBuilt(path, i.config.BinDir) && !isCurrent(path):
		reason = "a temporal CLI of other modules at " + relative(path)
	case !errors.Is(err, ErrNoTemporal):
		return path, err
	}
	if _, err := exec.LookPath("go"); err != nil {
		return "", fmt.Errorf("%s, and there is no go to build one; install either, or name a binary with TEMPORAL_CLI", reason)
	}
	i.say("There is %s: building %s once into %s. This takes about three minutes, longer on a busy machine.", reason, temporalVersion(), i.config.BinDir)
	if err := i.buildTemporal(ctx); err != nil {
		return "", fmt.Errorf("build temporal CLI %s: %w", temporalVersion(), err)
	}
	return filepath.Join(i.config.BinDir, "temporal"), nil
}

// buildTemporal builds beside the target and renames, so that there is a whole binary or none.
func (i *Installation) buildTemporal(ctx context.Context) error {
	if err := os.MkdirAll(i.config.BinDir, 0o755); err != nil {
		return fmt.Errorf("%w; choose a folder that you may write with BIN_DIR", err)
	}
	workshop, err := os.MkdirTemp(i.config.BinDir, ".build-*")
	if err != nil {
		return fmt.Errorf("%w; choose a folder that you may write with BIN_DIR", err)
	}
	defer os.RemoveAll(workshop) // what remains in it is of no use
	begin := time.Now()
	if err := writeTemporalModule(workshop); err != nil {
		return err
	}
	if err := i.goBuild(ctx, workshop); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(workshop, "temporal"), filepath.Join(i.config.BinDir, "temporal")); err != nil {
		return err
	}
	i.say("Built temporal CLI in %s.", time.Since(begin).Round(time.Second))
	return nil
}

func (i *Installation) goBuild(ctx context.Context, workshop string) error {
	stamp := "-ldflags=-s -w -X github.com/temporalio/cli/temporalcli.Version=" + strings.TrimPrefix(temporalVersion(), "v")
	command := exec.CommandContext(ctx, "go", "build", "-v", "-mod=readonly", stamp, "-o", "temporal", temporalPackage)
	command.Dir = workshop
	command.Env = append(command.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOOS=", "GOARCH=")
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the compilers it starts end with it
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	output, err := command.StderrPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	fault := i.follow(output)
	if err := command.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: %s", err, fault)
	}
	return nil
}

// follow counts the lines of a build, one a module or package, reports now and then, and returns the last one.
func (i *Installation) follow(output io.Reader) (last string) {
	var downloaded, compiled atomic.Int64
	finished := make(chan struct{})
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		begin, report := time.Now(), time.NewTicker(buildReport)
		defer report.Stop()
		for {
			select {
			case <-finished:
				return
			case <-report.C:
				i.say("  %4s  %d modules fetched, %d packages compiled", time.Since(begin).Round(time.Second), downloaded.Load(), compiled.Load())
			}
		}
	}()
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		last = lines.Text()
		if strings.HasPrefix(last, "go: downloading") {
			downloaded.Add(1)
		} else {
			compiled.Add(1)
		}
	}
	close(finished)
	<-reported
	return last
}
