package host

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ringrift/orchestrator/internal/spec"
)

// maxLogSize is where a daemon's log file is rotated; one older file is kept.
const maxLogSize = 10 << 20

// openLog makes the daemon log to its own file beside the process's log.
func (i *instance) openLog() (closeLog func(), err error) {
	if i.config.LogDir == "" {
		return func() {}, nil
	}
	name := logName(i.assignment)
	file, err := openRotating(filepath.Join(i.config.LogDir, name), maxLogSize)
	if err != nil {
		return nil, err
	}
	handler := slog.NewMultiHandler(i.config.Logger.Handler(), slog.NewJSONHandler(file, nil))
	i.logger = slog.New(handler).With("daemon", i.assignment.Spec.Type, "node", i.config.Node,
		"epoch", i.assignment.Epoch, "attempt", i.assignment.Attempt)
	return func() {
		if err := file.Close(); err != nil {
			i.config.Logger.Warn("close log", "file", name, "error", err)
		}
	}, nil
}

// logName is TYPE.log, or TYPE@node.log for a member.
func logName(assignment Assignment) string {
	return strings.TrimPrefix(assignment.ID(), spec.WorkflowID("", "")) + ".log"
}

// rotating is a log file that is moved to name.1 when it has grown too long.
type rotating struct {
	path  string
	limit int64

	mutex sync.Mutex
	file  *os.File
	size  int64
}

func openRotating(path string, limit int64) (*rotating, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make log folder: %w", err)
	}
	r := &rotating{path: path, limit: limit}
	return r, r.open()
}

func (r *rotating) open() error {
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	stat, err := file.Stat()
	if err != nil {
		return fmt.Errorf("stat log %s: %w", r.path, err)
	}
	r.file, r.size = file, stat.Size()
	return nil
}

// Write appends one record and rotates first if it would not fit.
func (r *rotating) Write(record []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.size > 0 && r.size+int64(len(record)) > r.limit {
		if err := r.rotate(); err != nil {
			return 0, err
		}
	}
	n, err := r.file.Write(record)
	r.size += int64(n)
	return n, err
}

// Close closes the file; an abandoned daemon that still writes gets an error it cannot act on.
func (r *rotating) Close() error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.file.Close()
}

func (r *rotating) rotate() error {
	if err := r.file.Close(); err != nil {
		return fmt.Errorf("close log %s: %w", r.path, err)
	}
	if err := os.Rename(r.path, r.path+".1"); err != nil {
		return fmt.Errorf("rotate log: %w", err)
	}
	return r.open()
}
