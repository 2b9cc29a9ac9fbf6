package ledgertest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

const (
	serverStartTime = 60 * time.Second
	// crash makes the server drop everything where it is: it recovers from its log at the next start.
	crash = syscall.SIGQUIT
	// owner is whom the server runs as when the tests run as root, which it refuses to.
	owner = "postgres"
)

// server is a PostgreSQL server in a temporary folder. It listens on a socket in that folder only.
type server struct {
	dir      string
	programs string
	settings []string            // name=value
	identity *syscall.Credential // nil: as the tests
	process  *exec.Cmd
	done     chan struct{}
	output   bytes.Buffer // read after done
}

// startServer creates a server and starts it. Its folder has a short name, since a socket's path has a limit.
func startServer(t testing.TB, settings ...string) *server {
	t.Helper()
	s := &server{programs: programs(t), settings: append(settings, "listen_addresses=", "max_connections=60")}
	var err error
	s.dir, err = os.MkdirTemp("", "pg")
	require.NoError(t, err)
	s.identity = identity(t)
	if s.identity != nil {
		require.NoError(t, os.Chown(s.dir, int(s.identity.Uid), int(s.identity.Gid)))
	}
	create := s.command("initdb", "--pgdata", s.data(), "--username", owner, "--auth", "trust", "--encoding", "UTF8",
		"--locale", "C.UTF-8", "--no-sync", "--wal-segsize", "4")
	output, err := create.CombinedOutput()
	require.NoError(t, err, "initdb: %s", output)
	require.NoError(t, s.start())
	return s
}

// programs finds the folder of PostgreSQL's programs. Debian keeps them off the PATH.
func programs(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	require.NoError(t, err)
	require.NotEmpty(t, found, "these tests need PostgreSQL: install the package postgresql")
	return filepath.Dir(found[len(found)-1])
}

func identity(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	found, err := user.Lookup(owner)
	require.NoError(t, err, "PostgreSQL does not run as root: install the package postgresql, which creates its user")
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	require.NoError(t, err)
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	require.NoError(t, err)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) dsn() string {
	return fmt.Sprintf("host=%s user=%s dbname=postgres", s.dir, owner)
}

func (s *server) command(name string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.programs, name), args...)
	command.Dir = s.dir
	command.SysProcAttr = dieWithParent(s.identity)
	return command
}

// start runs the server and waits until it answers. The kernel ends it with the thread that started it, so that
// thread is kept until then.
func (s *server) start() error {
	args := []string{"-D", s.data(), "-k", s.dir}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	s.process = s.command("postgres", args...)
	s.output.Reset()
	s.process.Stdout, s.process.Stderr = &s.output, &s.output
	s.done = make(chan struct{})
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(s.done)
		err := s.process.Start()
		started <- err
		if err == nil {
			_ = s.process.Wait() // how it ended is in its output
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	return s.awaitAnswer()
}

func (s *server) awaitAnswer() error {
	ctx, cancel := context.WithTimeout(context.Background(), serverStartTime)
	defer cancel()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		connection, err := pgx.Connect(ctx, s.dsn())
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-s.done:
			return fmt.Errorf("postgres ended: %s", s.output.String())
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-retry.C:
		}
	}
}

func (s *server) stop(signal os.Signal) {
	_ = s.process.Process.Signal(signal) // it may be gone already
	<-s.done
}
