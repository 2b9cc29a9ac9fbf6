package web

import (
	"context"
	"sync"
	"time"
)

// lookout looks at what costs something to see, for all who want to know together: as long as somebody does, and with
// a pause after every look.
type lookout[T any] struct {
	look  func(context.Context) T
	pause time.Duration
	// wanted has room for one: a wish that comes during a look is for the next one.
	wanted chan struct{}

	mutex   sync.Mutex
	latest  *sighting[T]
	renewed chan struct{} // closed once latest is replaced
}

// sighting is what was seen, and when the look began.
type sighting[T any] struct {
	At   time.Time
	Seen T
}

func newLookout[T any](pause time.Duration, look func(context.Context) T) *lookout[T] {
	return &lookout[T]{look: look, pause: pause, wanted: make(chan struct{}, 1), renewed: make(chan struct{})}
}

// run looks until ctx is done.
func (l *lookout[T]) run(ctx context.Context) {
	for {
		select {
		case <-l.wanted:
		case <-ctx.Done():
			return
		}
		at := time.Now()
		l.renew(&sighting[T]{at, l.look(ctx)})
		select {
		case <-time.After(l.pause):
		case <-ctx.Done():
			return
		}
	}
}

// since returns what was seen at a moment or later, and waits for it until ctx is done.
func (l *lookout[T]) since(ctx context.Context, moment time.Time) (*sighting[T], error) {
	for {
		latest, renewed := l.state()
		if latest != nil && !latest.At.Before(moment) {
			return latest, nil
		}
		select {
		case l.wanted <- struct{}{}:
		default:
		}
		select {
		case <-renewed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *lookout[T]) state() (*sighting[T], <-chan struct{}) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.latest, l.renewed
}

func (l *lookout[T]) renew(latest *sighting[T]) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	close(l.renewed)
	l.latest, l.renewed = latest, make(chan struct{})
}
