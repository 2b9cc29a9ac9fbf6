package dlqretry

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
)

const (
	checkpoint = "report"
	// staleEvery is the least time between two events about one pile of letters.
	staleEvery = time.Hour
)

// report is what was told already, kept across restarts so that nothing is told twice.
type report struct {
	// RecoveredUntil is the time of the last recovery that was told.
	RecoveredUntil time.Time `json:"recovered_until,omitzero"`
	// StaleAt is when many waiting letters were last told of.
	StaleAt time.Time `json:"stale_at,omitzero"`
}

// tell publishes what has changed since the last round.
func (r *retrier) tell(ctx context.Context, letters []bus.DeadLetter) error {
	told, err := r.loadReport(ctx)
	if err != nil {
		return err
	}
	next := told
	if err := r.tellRecovered(ctx, letters, &next); err != nil {
		return err
	}
	if err := r.tellStale(ctx, letters, &next); err != nil {
		return err
	}
	if next == told {
		return nil
	}
	data, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	if err := r.rt.Bus.Save(ctx, checkpoint, data); err != nil {
		return err
	}
	r.report = &next
	return nil
}

func (r *retrier) tellRecovered(ctx context.Context, letters []bus.DeadLetter, next *report) error {
	since := next.RecoveredUntil
	recovered := pick(letters, func(letter bus.DeadLetter) bool {
		return letter.Status == bus.LetterRecovered && letter.LastAt.After(since)
	})
	if len(recovered) == 0 {
		return nil
	}
	for _, letter := range recovered {
		if letter.LastAt.After(next.RecoveredUntil) {
			next.RecoveredUntil = letter.LastAt
		}
	}
	return r.publishAt(ctx, next.RecoveredUntil, bus.DeadLettersReplayed{RecoveredCount: len(recovered), EventTypes: names(recovered)})
}

func (r *retrier) tellStale(ctx context.Context, letters []bus.DeadLetter, next *report) error {
	pending := pick(letters, func(letter bus.DeadLetter) bool { return letter.Status == bus.LetterPending })
	if len(pending) < r.config.StaleCount || r.age(next.StaleAt) < staleEvery {
		return nil
	}
	next.StaleAt = r.rt.Now().UTC()
	return r.publishAt(ctx, next.StaleAt, bus.DeadLettersStale{
		StaleCount: len(pending), EventTypes: names(pending),
		MaxStaleHours: r.age(pending[0].FirstAt).Hours(), // letters come oldest first
	})
}

// purged tells of letters before they leave the queue: a crash in between tells again rather than never.
func (r *retrier) purged(ctx context.Context, letters []bus.DeadLetter, reason string) error {
	if len(letters) == 0 {
		return nil
	}
	keys := make([]string, len(letters))
	latest := letters[0].LastAt
	for i, letter := range letters {
		keys[i] = letter.Key
		if letter.LastAt.After(latest) {
			latest = letter.LastAt
		}
	}
	return r.publishAt(ctx, latest, bus.DeadLettersPurged{Count: len(letters), Reason: reason, Keys: keys})
}

// publishAt announces a fact under the time of its cause, so that announcing it again changes nothing.
func (r *retrier) publishAt(ctx context.Context, at time.Time, payload bus.Payload) error {
	event, err := bus.NewEvent(payload, bus.Origin{Source: string(Type), OccurredAt: at})
	if err != nil {
		return err
	}
	return r.rt.Bus.PublishEvent(ctx, event)
}

func (r *retrier) loadReport(ctx context.Context) (report, error) {
	if r.report != nil {
		return *r.report, nil
	}
	var loaded report
	data, found, err := r.rt.Bus.Load(ctx, checkpoint)
	if err != nil {
		return loaded, err
	}
	if found {
		if err := json.Unmarshal(data, &loaded); err != nil {
			return loaded, fmt.Errorf("decode checkpoint %s: %w", checkpoint, err)
		}
	}
	r.report = &loaded
	return loaded, nil
}
