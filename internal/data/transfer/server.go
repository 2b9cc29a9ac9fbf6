package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/ringrift/orchestrator/internal/data"
)

// Bounds of connections that need no configuration.
const (
	maxHeaderBytes    = 8 << 10
	readHeaderTimeout = 5 * time.Second
	idleTimeout       = 60 * time.Second
	drainTimeout      = 5 * time.Second
)

// Server lends the files of a node to those who know the token.
type Server struct {
	config   ServerConfig
	dir      *data.Dir
	tokens   [][sha256.Size]byte // hashes of the tokens
	rate     *rate.Limiter       // nil means unlimited
	gate     *gate
	refusals *refusals
	digests  *digests
}

// NewServer returns a server of the files of dir. Its error tells every fault of the configuration.
func NewServer(dir *data.Dir, config ServerConfig) (*Server, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	s := &Server{
		config: config, dir: dir, rate: newLimiter(config.BytesPerSecond),
		gate:     newGate(config.MaxRequests, config.MaxRequestsPerPeer),
		refusals: newRefusals(config.Logger),
		digests:  newDigests(dir),
	}
	for _, token := range config.Tokens {
		s.tokens = append(s.tokens, sha256.Sum256([]byte(token)))
	}
	return s, nil
}

// Serve answers the connections of a listener until ctx ends; then answers under way have five seconds.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	return s.serve(ctx, listener, s)
}

func (s *Server) serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(complaints{s.refusals}, slog.LevelWarn),
	}
	limited := limitConnections(listener, s.config.MaxConnections, s.config.MaxConnectionsPerPeer, s.refusals)
	stopped := make(chan error, 1)
	unwatch := context.AfterFunc(ctx, func() {
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
		defer cancel()
		stopped <- errors.Join(server.Shutdown(drain), server.Close())
	})
	err := server.Serve(limited)
	if unwatch() {
		return fmt.Errorf("serve files on %s: %w", listener.Addr(), errors.Join(err, server.Close()))
	}
	if err := <-stopped; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stop serving files on %s: %w", listener.Addr(), err)
	}
	return nil
}

// peerOf is an address without its port.
func peerOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
