package evaluation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const stuckKey = "stuck"

// stuck has the orders that were found stuck, with the time since when: what is over is told by the copy that sees it,
// whoever saw it begin.
type stuck struct {
	log *bus.Session

	mu     sync.Mutex
	since  map[string]time.Time // by the key of the order's job; nil: not read yet
	stored map[string]time.Time
}

func newStuck(log *bus.Session) *stuck { return &stuck{log: log} }

// read takes what a copy before this one has seen.
func (s *stuck) read(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since != nil {
		return nil
	}
	text, found, err := s.log.Load(ctx, stuckKey)
	if err != nil {
		return err
	}
	s.since, s.stored = map[string]time.Time{}, map[string]time.Time{}
	if !found {
		return nil
	}
	if err := json.Unmarshal(text, &s.since); err != nil {
		return fmt.Errorf("read which evaluations are stuck: %w", err)
	}
	s.stored = maps.Clone(s.since)
	return nil
}

func (s *stuck) of(key string) (since time.Time, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since, known = s.since[key]
	return since, known
}

func (s *stuck) note(key string, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since[key] = since
}

// keep forgets orders that are not open any more, and stores the rest if it has changed.
func (s *stuck) keep(ctx context.Context, open []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.since, func(key string, _ time.Time) bool { return !slices.Contains(open, key) })
	if maps.EqualFunc(s.since, s.stored, time.Time.Equal) {
		return nil
	}
	text, err := json.Marshal(s.since)
	if err != nil {
		return fmt.Errorf("keep which evaluations are stuck: %w", err)
	}
	if err := s.log.Save(ctx, stuckKey, text); err != nil {
		return err
	}
	s.stored = maps.Clone(s.since)
	return nil
}

// all are the keys of the orders, in order.
func (s *stuck) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.since))
}
