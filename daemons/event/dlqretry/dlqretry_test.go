package dlqretry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

const patience = 20 * time.Second

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "DLQ_RETRY", Category: spec.CategoryEvent, Runner: "create_dlq_retry",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

// clock is moved by hand; the bus and the daemon both go by it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type bundle struct {
	t       *testing.T
	clock   *clock
	client  *bus.Client
	retrier *retrier
}

func setup(t *testing.T, config Config) *bundle {
	t.Helper()
	clock := &clock{now: time.Now()}
	client := bustest.Start(t, func(c *bus.ClientConfig) { c.Now = clock.Now })
	b := &bundle{t: t, clock: clock, client: client}
	b.restart(config, 1)
	return b
}

func (b *bundle) restart(config Config, epoch int64) {
	b.t.Helper()
	runner, err := Declare(config).New(host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: b.clock.Now, Bus: b.client.Session(Type, "", epoch),
	})
	require.NoError(b.t, err)
	b.retrier = runner.(*retrier)
}

func (b *bundle) tick() {
	b.t.Helper()
	require.NoError(b.t, b.retrier.Tick(b.t.Context()))
}

func (b *bundle) subscribe(daemon spec.Type, handle func(context.Context, bus.Event) error) {
	b.t.Helper()
	subscription, err := b.client.Session(daemon, "", 1).Subscribe(b.t.Context(), []bus.Name{"OPERATOR_NOTE"}, handle)
	require.NoError(b.t, err)
	b.t.Cleanup(subscription.Close)
}

func (b *bundle) publish(count int) {
	b.t.Helper()
	for i := range count {
		require.NoError(b.t, b.client.Session("PUBLISHER", "", 1).Publish(b.t.Context(), bus.OperatorNote{Text: fmt.Sprint(i)}))
	}
}

// letters waits until the letters are as asked.
func (b *bundle) letters(why string, want func([]bus.DeadLetter) bool) []bus.DeadLetter {
	b.t.Helper()
	var letters []bus.DeadLetter
	require.Eventually(b.t, func() bool {
		var err error
		letters, err = b.client.DeadLetters(b.t.Context())
		return err == nil && want(letters)
	}, patience, 5*time.Millisecond, why)
	return letters
}

func count(n int) func([]bus.DeadLetter) bool {
	return func(letters []bus.DeadLetter) bool { return len(letters) == n }
}

func all(want func(bus.DeadLetter) bool) func([]bus.DeadLetter) bool {
	return func(letters []bus.DeadLetter) bool {
		for _, letter := range letters {
			if !want(letter) {
				return false
			}
		}
		return len(letters) > 0
	}
}

// A subscriber that fails its first three deliveries gets the fourth; the other one sees the event once.
func TestFailedDeliveryIsRetriedUntilItSucceeds(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	var tries, others atomic.Int32
	b.subscribe("FAILING", func(context.Context, bus.Event) error {
		if tries.Add(1) <= 3 {
			return errors.New("not yet")
		}
		return nil
	})
	b.subscribe("OTHER", func(context.Context, bus.Event) error { others.Add(1); return nil })
	b.publish(1)
	b.letters("dead letter", count(1))
	for retry, rest := range []time.Duration{time.Minute, 2 * time.Minute} {
		b.tick()
		letter := b.letters("retried", all(func(l bus.DeadLetter) bool { return l.RetryCount == retry+1 }))[0]
		require.InEpsilon(t, rest, letter.NextAt.Sub(b.clock.Now()), 0.11, "rest after failed retry %d", retry+1)
		b.clock.advance(rest / 2)
		b.tick()
		require.EqualValues(t, retry+2, tries.Load(), "not before it is due")
		b.clock.advance(rest)
	}
	b.tick()
	b.letters("recovered", all(func(l bus.DeadLetter) bool { return l.Status == bus.LetterRecovered }))
	require.EqualValues(t, 4, tries.Load())
	require.EqualValues(t, 1, others.Load())
	b.tick()
	b.restart(Config{}, 2)
	b.tick()
	replayed := bustest.Events(t, b.client, "DLQ_EVENTS_REPLAYED")
	require.Len(t, replayed, 1, "told once, also across a restart")
	content, err := bus.Decode[bus.DeadLettersReplayed](replayed[0])
	require.NoError(t, err)
	require.Equal(t, bus.DeadLettersReplayed{RecoveredCount: 1, EventTypes: []bus.Name{"OPERATOR_NOTE"}}, content)
	require.Equal(t, spec.HealthOK, b.retrier.Health(t.Context()).Status)

	b.clock.advance(8 * 24 * time.Hour)
	b.tick()
	b.letters("forgotten after a week", count(0))
	require.Len(t, bustest.Events(t, b.client, "DLQ_EVENTS_PURGED"), 1)
}

func TestHopelessLetterIsAbandonedAfterItsTries(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	var tries atomic.Int32
	b.subscribe("FAILING", func(context.Context, bus.Event) error { tries.Add(1); return errors.New("never") })
	b.publish(1)
	b.letters("dead letter", count(1))
	require.Equal(t, spec.HealthUnknown, b.retrier.Health(t.Context()).Status, "before the first round")
	for retry := range 5 {
		b.tick()
		b.letters("retried", all(func(l bus.DeadLetter) bool { return l.RetryCount == retry+1 }))
		b.clock.advance(2 * time.Hour)
	}
	for range 3 {
		b.tick()
		b.clock.advance(2 * time.Hour)
	}
	letter := b.letters("abandoned", all(func(l bus.DeadLetter) bool { return l.Status == bus.LetterAbandoned }))[0]
	require.EqualValues(t, 6, tries.Load(), "one delivery and exactly five retries")
	purged := bustest.Events(t, b.client, "DLQ_EVENTS_PURGED")
	require.Len(t, purged, 1)
	content, err := bus.Decode[bus.DeadLettersPurged](purged[0])
	require.NoError(t, err)
	require.Equal(t, bus.DeadLettersPurged{Count: 1, Reason: "abandoned", Keys: []string{letter.Key}}, content)
	require.Equal(t, spec.HealthDegraded, b.retrier.Health(t.Context()).Status)
}

func TestLettersOfAnAbsentSubscriberWaitAndAreGivenUpInTheEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	subscription, err := b.client.Session("FAILING", "", 1).Subscribe(ctx, []bus.Name{"OPERATOR_NOTE"},
		func(context.Context, bus.Event) error { return errors.New("no") })
	require.NoError(t, err)
	for i := range 12 {
		b.publish(1)
		b.letters("dead letters of different age", count(i+1))
		b.clock.advance(time.Second)
	}
	cancel()
	<-subscription.Done()
	for range 10 {
		b.tick()
		b.clock.advance(2 * time.Hour)
	}
	letters := b.letters("all sent, although one round takes ten", all(func(l bus.DeadLetter) bool { return l.Sent }))
	require.Zero(t, letters[0].RetryCount, "nobody has failed it again")
	b.clock.advance(168 * time.Hour)
	b.tick()
	b.letters("abandoned", all(func(l bus.DeadLetter) bool { return l.Status == bus.LetterAbandoned }))
}

// Thirty letters that rest do not delay a fresh one, and one round stays bounded.
func TestOnlyDueLettersTakePartInARound(t *testing.T) {
	t.Parallel()
	b := setup(t, Config{StaleCount: 30})
	var open atomic.Bool
	b.subscribe("FAILING", func(context.Context, bus.Event) error {
		if open.Load() {
			return nil
		}
		return errors.New("closed")
	})
	b.publish(30)
	b.letters("dead letters", count(30))
	retried := func(n int) func([]bus.DeadLetter) bool {
		return func(letters []bus.DeadLetter) bool {
			return len(pick(letters, func(l bus.DeadLetter) bool { return l.RetryCount == 1 && !l.Sent })) == n
		}
	}
	for round := range 3 {
		b.tick()
		b.letters("ten a round", retried(10*(round+1)))
	}
	require.Len(t, bustest.Events(t, b.client, "DLQ_STALE_EVENTS"), 1, "one event for one pile")
	b.clock.advance(time.Second) // or the fresh event would be the first one again
	b.publish(1)
	b.letters("a fresh one", count(31))
	open.Store(true)
	b.tick()
	b.letters("recovered", func(letters []bus.DeadLetter) bool {
		return len(pick(letters, func(l bus.DeadLetter) bool { return l.Status == bus.LetterRecovered })) == 1
	})
}

func TestBusAwayIsADependency(t *testing.T) {
	t.Parallel()
	client, err := bus.Connect(bus.ClientConfig{URL: "nats://127.0.0.1:1"})
	require.NoError(t, err)
	defer client.Close()
	retrier := newRetrier(Config{}.withDefaults(), host.Runtime{Now: time.Now, Bus: client.Session(Type, "", 1)})
	require.ErrorIs(t, retrier.Tick(t.Context()), bus.ErrUnavailable)
}

func TestDelayDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	retrier := newRetrier(Config{}.withDefaults(), host.Runtime{Now: time.Now, Bus: (&bus.Client{}).Session(Type, "", 1)})
	for failed, want := range map[int]time.Duration{
		0: time.Minute, 1: 2 * time.Minute, 4: 16 * time.Minute, 6: time.Hour, 1000: time.Hour,
	} {
		require.InEpsilon(t, want, retrier.delay(failed), 0.101, "after %d failures", failed)
	}
}
