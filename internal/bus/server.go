package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

// DefaultListen is where the embedded server listens unless told otherwise.
const DefaultListen = "127.0.0.1:4222"

// ServerConfig says where the embedded server keeps its files and where it listens.
type ServerConfig struct {
	Dir    string // of this server alone; made when missing
	Listen string // host:port; default DefaultListen; port -1 takes a free one
	Token  string // what clients must present; required off loopback
	// MaxStore bounds the files; default 4 GiB.
	MaxStore int64
	// ReadyTimeout bounds the start, with the recovery of the files; default 20 s.
	ReadyTimeout time.Duration
	Logger       *slog.Logger // default: slog.Default()
}

func (c ServerConfig) withDefaults() ServerConfig {
	if c.Listen == "" {
		c.Listen = DefaultListen
	}
	if c.MaxStore == 0 {
		c.MaxStore = 4 << 30
	}
	if c.ReadyTimeout == 0 {
		c.ReadyTimeout = 20 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// Server is an embedded JetStream server. Every acknowledged write is on disk.
type Server struct {
	dir    string
	nats   *server.Server
	lock   *flock.Flock
	logger *serverLogger
	done   chan struct{}
}

// StartServer locks the folder, recovers what is in it and listens.
func StartServer(config ServerConfig) (*Server, error) {
	config = config.withDefaults()
	host, port, err := splitListen(config)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(config.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: config.Dir, lock: lock, logger: &serverLogger{log: config.Logger}, done: make(chan struct{})}
	if err := s.start(config, host, port); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return s, nil
}

// URL is where clients of this machine connect.
func (s *Server) URL() string { return s.nats.ClientURL() }

// Healthy returns why the server cannot do its work, or nil: it serves, and its folder takes writes.
func (s *Server) Healthy() error {
	if !s.nats.Running() {
		return errors.New("event bus server is not running")
	}
	if status := s.nats.Healthz(&server.HealthzOptions{}); status.StatusCode >= 400 {
		return fmt.Errorf("event bus server: %s", status.Error)
	}
	return s.probeFolder()
}

// Done is closed when the server has ended, by Shutdown or by itself.
func (s *Server) Done() <-chan struct{} { return s.done }

// Shutdown ends the server and gives the folder free. When ctx ends first, the folder stays locked.
func (s *Server) Shutdown(ctx context.Context) error {
	go s.nats.Shutdown()
	select {
	case <-s.done:
		return s.lock.Unlock()
	case <-ctx.Done():
		return fmt.Errorf("shut down event bus server: %w", ctx.Err())
	}
}

func (s *Server) start(config ServerConfig, host string, port int) (err error) {
	s.nats, err = server.NewServer(&server.Options{
		ServerName: "ringrift-bus", Host: host, Port: port, Authorization: config.Token,
		JetStream: true, StoreDir: config.Dir, SyncAlways: true,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: config.MaxStore,
		MaxPayload: 1 << 20, NoSigs: true,
	})
	if err != nil {
		return fmt.Errorf("configure event bus server: %w", err)
	}
	s.nats.SetLogger(s.logger, false, false)
	s.nats.Start()
	if s.ready(config.ReadyTimeout) {
		go func() {
			defer close(s.done)
			s.nats.WaitForShutdown()
		}()
		return nil
	}
	s.nats.Shutdown()
	s.nats.WaitForShutdown()
	if reason := s.logger.fatal(); reason != "" {
		return fmt.Errorf("start event bus server on %s with files in %s: %s", config.Listen, config.Dir, reason)
	}
	return fmt.Errorf("start event bus server on %s with files in %s: not ready within %s", config.Listen, config.Dir, config.ReadyTimeout)
}

// ready waits until the server answers, and gives up at once when it has told of a fatal fault.
func (s *Server) ready(timeout time.Duration) bool {
	const step = 100 * time.Millisecond
	for deadline := time.Now().Add(timeout); time.Now().Before(deadline) && s.logger.fatal() == ""; {
		if s.nats.ReadyForConnections(step) {
			return s.nats.JetStreamEnabled()
		}
	}
	return false
}

// probeFolder writes a small file, since a full or read-only disk shows itself nowhere else while no event comes.
func (s *Server) probeFolder() error {
	file, err := os.CreateTemp(s.dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("event bus folder: %w", err)
	}
	_, writeErr := file.WriteString("probe")
	return errors.Join(writeErr, file.Sync(), file.Close(), os.Remove(file.Name()))
}
