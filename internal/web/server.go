package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/net/netutil"
)

const (
	maxConnections = 256
	maxHeaderBytes = 16 << 10
	writeTimeout   = 15 * time.Second
	idleTimeout    = time.Minute
	shutdownGrace  = 3 * time.Second
	maxScrapes     = 4
	scrapeTimeout  = 10 * time.Second
)

// Server answers for one worker process.
type Server struct {
	cfg       Config
	sources   Sources
	logger    *slog.Logger
	guard     *guard
	policy    string // of the page
	cluster   atomic.Pointer[ClusterView]
	lookout   *lookout[scene]
	fault     string        // of the last look; only the lookout uses it
	followers chan struct{} // one token for each client of /events
	viewers   chan struct{} // one token for each client of /live
	readers   chan struct{} // one token for each client of /logs and /jobs/ID/logs
	listener  net.Listener
}

// New checks the configuration; nothing is opened yet.
func New(cfg Config, sources Sources, logger *slog.Logger) (*Server, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	policy, err := pagePolicy(pageText)
	if err != nil {
		return nil, fmt.Errorf("read the page of the HTTP server: %w", err)
	}
	s := &Server{
		cfg: cfg, sources: sources, logger: logger, guard: newGuard(cfg), policy: policy,
		followers: make(chan struct{}, cfg.MaxStreams), viewers: make(chan struct{}, cfg.MaxViewers), readers: make(chan struct{}, cfg.MaxStreams),
	}
	s.lookout = newLookout(lookPause, s.survey)
	return s, nil
}

// Listen binds the address, so that a worker learns of a busy port before it starts anything else.
func (s *Server) Listen() error {
	listener, err := net.Listen("tcp", s.cfg.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: the port is in use; stop the other program or set HEALTH_ADDR", s.cfg.Addr)
	}
	if err != nil {
		return fmt.Errorf("listen on %s (HEALTH_ADDR): %w", s.cfg.Addr, err)
	}
	s.listener = listener
	return nil
}

// Run serves until ctx is done. It binds the address if Listen has not been called.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	server := &http.Server{
		Handler:           s.handler(),
		ReadHeaderTimeout: s.cfg.HeaderTimeout,
		ReadTimeout:       2 * s.cfg.HeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the event streams
	}
	defer s.startLookout(ctx)()
	ended := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(ended)
		s.shutdown(server)
	})
	defer cancel()
	if err := server.Serve(netutil.LimitListener(s.listener, maxConnections)); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve HTTP on %s: %w", s.cfg.Addr, err)
	}
	<-ended // Serve returns when the end begins
	return nil
}

// startLookout returns what ends it.
func (s *Server) startLookout(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.lookout.run(ctx)
	}()
	return func() {
		cancel()
		<-ended
	}
}

// URL is where this process reaches its own server; empty before Listen.
func (s *Server) URL() string {
	if s.listener == nil {
		return ""
	}
	return "http://" + s.Address()
}

// Address is the host:port of URL.
func (s *Server) Address() string {
	if s.listener == nil {
		return ""
	}
	address := *s.listener.Addr().(*net.TCPAddr)
	if address.IP.IsUnspecified() {
		address.IP = net.IPv4(127, 0, 0, 1)
	}
	return address.String()
}

func (s *Server) handler() http.Handler {
	scrape := promhttp.HandlerFor(s.sources.Metrics, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout, ErrorHandling: promhttp.ContinueOnError,
	})
	get := func(handle http.HandlerFunc) http.Handler { return only(http.MethodGet, handle) }
	mux := http.NewServeMux()
	mux.Handle("/health", get(s.health))
	mux.Handle("/ready", get(s.ready))
	mux.Handle("/health/{type}", s.guard.private(get(s.daemonHealth)))
	mux.Handle("/status", s.guard.private(get(s.status)))
	mux.Handle("/metrics", s.guard.private(get(scrape.ServeHTTP)))
	mux.Handle("/events", s.guard.private(get(s.stream)))
	mux.Handle("/live", s.guard.private(get(s.live)))
	mux.Handle("/daemons", s.guard.private(get(s.here)))
	mux.Handle("/logs/{name}", s.guard.private(get(s.logs)))
	mux.Handle("/jobs/{id}/logs", s.guard.private(get(s.jobLogs)))
	for _, name := range []string{"loop", "models", "ratings"} {
		mux.Handle("/"+name, s.guard.private(get(s.document(name))))
	}
	mux.Handle("/event", s.guard.private(only(http.MethodPost, s.publish)))
	mux.Handle("/{$}", s.guard.private(get(s.page)))
	mux.Handle("/", s.guard.private(http.HandlerFunc(notFound)))
	return s.guard.protect(mux)
}

// shutdown lets running requests end for a moment, then cuts them off.
func (s *Server) shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		s.logger.Warn("HTTP server cut off its last requests", "error", errors.Join(err, server.Close()))
	}
}

func notFound(w http.ResponseWriter, r *http.Request) {
	writeFault(w, http.StatusNotFound, "no such page; there are /, /loop, /models, /ratings, /live, /health, /ready, /status, /daemons, /logs, /jobs/ID/logs, /metrics, /event and /events")
}
