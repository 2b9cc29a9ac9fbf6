package transfer

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	refusalPause = time.Minute
	maxRefusals  = 1024 // kinds of refusals of peers that are remembered
)

// refusals logs each kind of refusal of each peer once a minute, so that a hostile neighbour can fill
// neither the log nor the memory.
type refusals struct {
	log  *slog.Logger
	mu   sync.Mutex
	seen map[refusal]*toldRefusal
}

type refusal struct{ peer, kind string }

type toldRefusal struct {
	at     time.Time
	untold int // refusals like it since then
}

func newRefusals(log *slog.Logger) *refusals {
	return &refusals{log: log, seen: map[refusal]*toldRefusal{}}
}

func (r *refusals) tell(peer, kind, reason string) {
	if untold, tell := r.count(refusal{peer, kind}, time.Now()); tell {
		r.log.Warn("a request is refused", "peer", peer, "kind", kind, "reason", reason, "untold", untold)
	}
}

// count says whether a refusal is to be told, and how many like it were not.
func (r *refusals) count(one refusal, now time.Time) (untold int, tell bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one = r.room(one, now)
	if told, known := r.seen[one]; known {
		if now.Sub(told.at) < refusalPause {
			told.untold++
			return 0, false
		}
		untold = told.untold
	}
	r.seen[one] = &toldRefusal{at: now}
	return untold, true
}

// room returns under which name a refusal is remembered: beyond the bound, peers share one.
func (r *refusals) room(one refusal, now time.Time) refusal {
	if _, known := r.seen[one]; known || len(r.seen) < maxRefusals {
		return one
	}
	for old, told := range r.seen {
		if now.Sub(told.at) >= refusalPause {
			delete(r.seen, old)
		}
	}
	if len(r.seen) < maxRefusals {
		return one
	}
	return refusal{peer: "many", kind: one.kind}
}

// complaints is a handler of logs that takes what net/http complains about, such as headers that are too
// large, as refusals of one kind.
type complaints struct{ refusals *refusals }

// Enabled says yes.
func (complaints) Enabled(context.Context, slog.Level) bool { return true }

// Handle tells a complaint once a minute.
func (c complaints) Handle(_ context.Context, record slog.Record) error {
	c.refusals.tell("any", "protocol", record.Message)
	return nil
}

// WithAttrs changes nothing: net/http gives no attributes.
func (c complaints) WithAttrs([]slog.Attr) slog.Handler { return c }

// WithGroup changes nothing.
func (c complaints) WithGroup(string) slog.Handler { return c }
