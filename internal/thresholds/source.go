package thresholds

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// FileName is the file of thresholds in CLUSTER_DIR.
const FileName = "thresholds.yaml"

// lookInterval is how often a file is read at most. It is small: to compare it costs less than to trust its times.
const lookInterval = time.Second

// Source gives the thresholds of a file as they are now. It reads the file again when it is asked, so it needs no
// goroutine and no closing. It is safe for concurrent use.
type Source struct {
	path   string
	now    func() time.Time
	logger *slog.Logger

	mu       sync.Mutex
	lookedAt time.Time
	document []byte // as it was read last
	verdict  error  // on that
	current  Snapshot
	fault    error // why current may be old
}

// NewSource returns the source of a file, that need not exist. What changes while it is in use is logged; nil means silence.
func NewSource(path string, now func() time.Time, logger *slog.Logger) *Source {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Source{path: path, now: now, logger: logger}
}

// Current returns what is in force: what the file says; without a file the preset fast; and when the file has become
// bad or is gone, what it said before, with the Fault. It is an error only if there were no good values yet.
func (s *Source) Current() (Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.lookedAt.IsZero() || now.Sub(s.lookedAt) >= lookInterval || now.Before(s.lookedAt) {
		before, fault := s.current.Version, s.fault
		s.lookedAt, s.fault = now, s.look()
		s.tell(before, fault)
	}
	if s.current.Version == "" {
		return Snapshot{}, s.fault
	}
	current := s.current
	current.Fault = s.fault
	return current, nil
}

// tell logs what a look has changed. The first one is its caller's to tell of.
func (s *Source) tell(before string, fault error) {
	switch {
	case before == "":
	case s.fault != nil && (fault == nil || fault.Error() != s.fault.Error()):
		s.logger.Error("thresholds refused, the older ones stay in force", "version", s.current.Version, "error", s.fault)
	case s.current.Version != before:
		s.logger.Info("thresholds changed", "version", s.current.Version, "before", before)
	case s.fault == nil && fault != nil:
		s.logger.Info("the file of thresholds is in order again", "version", s.current.Version)
	}
}

// look takes over what the file says now.
func (s *Source) look() error {
	document, err := os.ReadFile(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.current.Path == "":
		return s.withoutFile()
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s is gone: what it said stays in force until the process ends, then the preset %s holds; put it back", s.path, Fast)
	case err != nil:
		return fmt.Errorf("read the thresholds: %w", err)
	case s.document != nil && bytes.Equal(document, s.document):
		return s.verdict
	}
	read, err := Read(s.path, document)
	if err == nil {
		s.current = read
	}
	s.document, s.verdict = document, err
	return err
}

func (s *Source) withoutFile() error {
	if s.current.Version != "" {
		return nil
	}
	values, err := Preset(Fast)
	if err != nil {
		return err
	}
	s.current, err = snapshotOf(values, Fast, nil)
	return err
}

// Read is Parse for the contents of a file, whose path its faults name.
func Read(path string, document []byte) (Snapshot, error) {
	snapshot, err := Parse(document)
	var faults *Faults
	if errors.As(err, &faults) {
		faults.Path = path
	}
	snapshot.Path = path
	return snapshot, err
}
