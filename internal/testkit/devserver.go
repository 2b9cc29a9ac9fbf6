package testkit

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/ringrift/orchestrator/internal/local"
)

const (
	serverNamespace = "default"
	serverStartTime = 30 * time.Second
	serverStopTime  = 10 * time.Second
)

// Server is a real Temporal dev server in a process of its own. Its port and its database stay the same
// over Kill and Restart, so that a test can take it away and bring it back.
type Server struct {
	binary  string
	args    []string
	environ []string
	address string
	logPath string
	client  client.Client
	process *process
}

// StartServer starts a dev server with one task queue partition, our search attributes and a database
// file in the test's folder. It ends with the test. Extra flags are handed to `temporal server start-dev`.
func StartServer(t testing.TB, flags ...string) *Server {
	t.Helper()
	dir := t.TempDir()
	s := newServer(t, filepath.Join(dir, "temporal.log"), local.DevServer{Database: filepath.Join(dir, "temporal.db")})
	s.args = append(s.args, flags...)
	t.Cleanup(func() { s.close(t) })
	s.start(t)
	return s
}

// Address is the server's host:port.
func (s *Server) Address() string { return s.address }

// Client returns a client of the default namespace. It reconnects by itself after a Restart.
func (s *Server) Client() client.Client { return s.client }

// Dial returns another client, for a namespace or an identity of its own, closed with the test.
func (s *Server) Dial(t testing.TB, options client.Options) client.Client {
	t.Helper()
	options.HostPort = s.address
	if options.Logger == nil {
		options.Logger = quietLogger()
	}
	c, err := client.NewLazyClient(options)
	require.NoError(t, err, "make client of %s", s.address)
	t.Cleanup(c.Close)
	return c
}

// PID is the process id of the running server.
func (s *Server) PID() int { return s.process.command.Process.Pid }

// Kill ends the server as a crash does: kill -9, nothing flushed.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	require.NoError(t, s.process.end(syscall.SIGKILL), "kill dev server %s", s.address)
}

// Stop ends the server in order.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	require.NoError(t, s.process.end(syscall.SIGTERM), "stop dev server %s", s.address)
}

// Restart starts the server again on the same port and database, after a Kill or in place of a running one.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	s.Stop(t)
	s.start(t)
}

func newServer(t testing.TB, logPath string, options local.DevServer) *Server {
	t.Helper()
	binary, err := local.FindTemporal(os.Getenv("TEMPORAL_CLI"), filepath.Join(ModuleRoot(t), "bin"))
	require.NoError(t, err, "this test needs the Temporal CLI; build it with: make temporal")
	options.Host, options.Port = "127.0.0.1", freePort(t)
	options.Namespace, options.LogLevel = serverNamespace, "warn"
	address := net.JoinHostPort(options.Host, strconv.Itoa(options.Port))
	c, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: serverNamespace, Logger: quietLogger()})
	require.NoError(t, err, "make client of %s", address)
	return &Server{binary: binary, args: options.Args(), environ: options.Environ(os.Environ()), address: address, logPath: logPath, client: c}
}

func (s *Server) start(t testing.TB) {
	t.Helper()
	output, err := os.OpenFile(s.logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer output.Close()
	command := exec.Command(s.binary, s.args...)
	command.Env = s.environ
	command.Stdout, command.Stderr = output, output
	s.process, err = startProcess(command)
	require.NoError(t, err, "start %s", s.binary)
	if err := s.awaitServing(); err != nil {
		written, _ := os.ReadFile(s.logPath) // the log only explains the failure below
		t.Fatalf("dev server %s: %v\n%s", s.address, err, written)
	}
}

// awaitServing returns once the namespace answers, which comes a moment after the server's own health.
func (s *Server) awaitServing() error {
	ctx, cancel := context.WithTimeout(context.Background(), serverStartTime)
	defer cancel()
	return eventually(ctx, func() error {
		select {
		case <-s.process.done:
			cancel()
			return errors.New("ended before it served")
		default:
			return describeNamespace(ctx, s.client, serverNamespace)
		}
	})
}

func (s *Server) close(t testing.TB) {
	s.client.Close()
	if s.process == nil {
		return
	}
	if err := s.process.end(syscall.SIGKILL); err != nil {
		t.Errorf("end dev server %s: %v", s.address, err)
	}
}

func quietLogger() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
