package bus

import (
	"fmt"
	"log/slog"
	"sync"
)

// serverLogger passes the server's log on, and keeps the reason of a failed start: the server has no other
// way to tell it.
type serverLogger struct {
	log   *slog.Logger
	mu    sync.Mutex
	cause string
}

func (l *serverLogger) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cause
}

// Fatalf implements the server's Logger.
func (l *serverLogger) Fatalf(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cause == "" {
		l.cause = fmt.Sprintf(format, args...)
	}
}

// Errorf implements the server's Logger.
func (l *serverLogger) Errorf(format string, args ...any) {
	l.log.Error("event bus server", "message", fmt.Sprintf(format, args...))
}

// Warnf implements the server's Logger.
func (l *serverLogger) Warnf(format string, args ...any) {
	l.log.Warn("event bus server", "message", fmt.Sprintf(format, args...))
}

// Noticef implements the server's Logger. Its notices are a banner and per-stream recovery lines.
func (l *serverLogger) Noticef(format string, args ...any) {
	l.log.Debug("event bus server", "message", fmt.Sprintf(format, args...))
}

// Debugf implements the server's Logger; the server is never asked for debug output.
func (l *serverLogger) Debugf(string, ...any) {}

// Tracef implements the server's Logger; the server is never asked for traces.
func (l *serverLogger) Tracef(string, ...any) {}
