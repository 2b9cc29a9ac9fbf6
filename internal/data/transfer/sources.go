package transfer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/pause"
)

const (
	firstPause = 200 * time.Millisecond // after a failure of a source; doubled after each further one
	longPause  = 10 * time.Second
	maxStrikes = 2 // wrong chunks of one source; one may be the wire's fault
	// reach is how long a fetch tries to reach sources of which none can be connected to: one whose worker starts again
	// is back by then, and whoever waits for a dead one had better do something else.
	reach = 15 * time.Second
)

// sources are those of one fetch, with what became of them.
type sources struct {
	patience time.Duration
	mu       sync.Mutex
	all      []*sourceState
	good     time.Time // when a chunk was last verified
}

type sourceState struct {
	Source
	underWay  int
	failures  int // in a row
	strikes   int // chunks that were wrong
	notBefore time.Time
	last      error // its last failure
	gone      bool  // it is not asked again
}

func newSources(all []Source, patience time.Duration) *sources {
	s := &sources{patience: patience, good: time.Now()}
	for _, source := range all {
		s.all = append(s.all, &sourceState{Source: source})
	}
	return s
}

// pick returns the least busy source, once one may be asked. Every pick is ended by done.
func (s *sources) pick(ctx context.Context) (*sourceState, error) {
	for {
		source, wait, err := s.next(time.Now())
		if err != nil || source != nil {
			return source, err
		}
		if !pause.For(ctx, wait) {
			return nil, ctx.Err()
		}
	}
}

// next returns a source, or how long to wait for one.
func (s *sources) next(now time.Time) (*sourceState, time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var best *sourceState
	wait := longPause
	left := false
	for _, one := range s.all {
		if one.gone {
			continue
		}
		left = true
		if pause := one.notBefore.Sub(now); pause > 0 {
			wait = min(wait, pause)
		} else if best == nil || one.underWay < best.underWay {
			best = one
		}
	}
	switch {
	case !left:
		return nil, 0, s.noneLeft()
	case now.Sub(s.good) > s.limit() && s.failed() != nil:
		return nil, 0, fmt.Errorf("%w: nothing good came for %s: %w", ErrUnavailable, s.limit(), s.failed())
	case best != nil:
		best.underWay++
	}
	return best, wait, nil
}

// limit is how long is waited for a good chunk.
func (s *sources) limit() time.Duration {
	for _, one := range s.all {
		if !one.gone && !unreached(one.last) {
			return s.patience
		}
	}
	return min(reach, s.patience)
}

// unreached says that nothing took the connection.
func unreached(err error) bool {
	var failed *net.OpError
	return errors.As(err, &failed) && failed.Op == "dial"
}

// noneLeft says why nobody can be asked any more: wrong bytes weigh more than a refused token, and that more
// than an absent item.
func (s *sources) noneLeft() error {
	failed := s.failed()
	for _, cause := range []error{data.ErrMismatch, ErrUnauthorized} {
		if errors.Is(failed, cause) {
			return failed
		}
	}
	if failed == nil {
		return fmt.Errorf("%w: none was given", ErrNoSource)
	}
	return fmt.Errorf("%w: %w", ErrNoSource, failed)
}

func (s *sources) failed() error {
	var errs []error
	for _, one := range s.all {
		errs = append(errs, one.last)
	}
	return errors.Join(errs...)
}

// done ends a pick with what came of it.
func (s *sources) done(one *sourceState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one.underWay--
	if err == nil {
		one.failures = 0
		return
	}
	s.blame(one, err)
}

// verified says that a chunk was good.
func (s *sources) verified(one *sourceState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good = time.Now()
	one.last = nil
}

// wrong says that what a source sent was not what it should be.
func (s *sources) wrong(one *sourceState, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blame(one, fmt.Errorf("source %s: %w", one.Node, err))
}

func (s *sources) blame(one *sourceState, err error) {
	one.last = err
	var refused *refusedError
	if errors.As(err, &refused) {
		switch refused.status {
		case http.StatusTooManyRequests, http.StatusServiceUnavailable: // it works, and says when to come again
			one.notBefore = time.Now().Add(max(refused.after, firstPause))
			return
		case http.StatusUnauthorized, http.StatusForbidden:
			one.gone, one.last = true, fmt.Errorf("%w: %w", ErrUnauthorized, err)
			return
		case http.StatusNotFound, http.StatusGone, http.StatusPreconditionFailed:
			one.gone = true
			return
		}
	}
	if errors.Is(err, data.ErrMismatch) {
		one.strikes++
		one.gone = one.strikes >= maxStrikes
	}
	one.failures++
	one.notBefore = time.Now().Add(pauseAfter(one.failures))
}

// pauseAfter is how long a source is left alone after failures in a row, with a tenth of chance so that many
// clients do not come back together.
func pauseAfter(failures int) time.Duration {
	pause := longPause
	if failures < 8 {
		pause = min(longPause, firstPause<<(failures-1))
	}
	return time.Duration(float64(pause) * (0.9 + 0.2*rand.Float64()))
}
