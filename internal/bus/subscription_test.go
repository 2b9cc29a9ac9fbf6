package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
)

const patience = 20 * time.Second

var notes = []bus.Name{"OPERATOR_NOTE"}

// recorder is a handler that keeps the ids it got.
type recorder struct {
	mu  sync.Mutex
	ids []string
}

func (r *recorder) handle(_ context.Context, event bus.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, event.ID)
	return nil
}

func (r *recorder) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.ids...)
}

func subscribe(t *testing.T, session *bus.Session, handle func(context.Context, bus.Event) error) *bus.Subscription {
	t.Helper()
	subscription, err := session.Subscribe(t.Context(), notes, handle)
	require.NoError(t, err)
	t.Cleanup(subscription.Close)
	return subscription
}

func publishNotes(t *testing.T, session *bus.Session, count int) []string {
	t.Helper()
	var ids []string
	for i := range count {
		event, err := session.Event(note(fmt.Sprintf("note %d", i)))
		require.NoError(t, err)
		require.NoError(t, session.PublishEvent(t.Context(), event))
		ids = append(ids, event.ID)
	}
	return ids
}

// A thousand events from two publishers to three subscribers, one of which is stuck and one of which fails
// every tenth: nobody waits for anybody, nothing is lost or doubled.
func TestSubscribersDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	release := make(chan struct{})
	var fast, slow, failing recorder
	subscribe(t, client.Session("FAST", "", 1), fast.handle)
	subscribe(t, client.Session("SLOW", "", 1), func(ctx context.Context, event bus.Event) error {
		<-release
		return slow.handle(ctx, event)
	})
	subscribe(t, client.Session("FAILING", "", 1), func(ctx context.Context, event bus.Event) error {
		if err := failing.handle(ctx, event); err != nil || len(failing.seen())%10 != 0 {
			return err
		}
		return errors.New("every tenth")
	})
	var publishers sync.WaitGroup
	for i := range 2 {
		publishers.Go(func() { publishNotes(t, client.Session("PUBLISHER", fmt.Sprint(i), 1), 500) })
	}
	publishers.Wait()

	require.Eventually(t, func() bool { return len(fast.seen()) == 1000 && len(failing.seen()) == 1000 }, patience, 10*time.Millisecond)
	require.Empty(t, slow.seen(), "it is still stuck with the first event")
	close(release)
	require.Eventually(t, func() bool { return len(slow.seen()) == 1000 }, patience, 10*time.Millisecond)

	var logged []string
	for _, event := range bustest.Events(t, client, notes...) {
		logged = append(logged, event.ID)
	}
	require.Equal(t, logged, fast.seen(), "each event once, in the order of the log")
	require.Equal(t, logged, slow.seen())
	require.Equal(t, logged, failing.seen())
	letters, err := client.DeadLetters(t.Context())
	require.NoError(t, err)
	require.Len(t, letters, 100)
	require.Len(t, bustest.Events(t, client, "HANDLER_FAILED"), 100)
}

func TestFailuresBecomeDeadLettersOfThatSubscriber(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		handle func(context.Context) error
		want   string
		event  bus.Name
	}{
		"error":   {func(context.Context) error { return errors.New("no luck") }, "no luck", "HANDLER_FAILED"},
		"panic":   {func(context.Context) error { panic("boom") }, "handler panicked: boom", "HANDLER_FAILED"},
		"timeout": {func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, "handler timed out", "HANDLER_TIMEOUT"},
		"hanging": {func(context.Context) error { select {} }, "handler timed out", "HANDLER_TIMEOUT"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := bustest.Start(t, func(c *bus.ClientConfig) { c.HandlerTimeout = 100 * time.Millisecond })
			var after recorder
			subscribe(t, client.Session("FAILING", "node-1", 1), func(ctx context.Context, event bus.Event) error {
				if content, err := bus.Decode[bus.OperatorNote](event); err != nil || content.Text == "note 0" {
					return test.handle(ctx)
				}
				return after.handle(ctx, event)
			})
			ids := publishNotes(t, client.Session("PUBLISHER", "", 1), 2)
			require.Eventually(t, func() bool { return len(after.seen()) == 1 }, patience, 5*time.Millisecond, "the next event is handled")

			letters, err := client.DeadLetters(t.Context())
			require.NoError(t, err)
			require.Len(t, letters, 1)
			letter := letters[0]
			require.Equal(t, ids[0], letter.Event.ID)
			require.Equal(t, "FAILING@node-1", letter.Subscriber)
			require.Contains(t, letter.Error, test.want)
			require.Equal(t, bus.LetterPending, letter.Status)
			require.Len(t, bustest.Events(t, client, test.event), 1)
		})
	}
}

func TestRedeliveryReachesOnlyTheOneThatFailed(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	var other recorder
	var tries atomic.Int32
	subscribe(t, client.Session("OTHER", "", 1), other.handle)
	subscribe(t, client.Session("FAILING", "", 1), func(context.Context, bus.Event) error {
		if tries.Add(1) <= 2 {
			return fmt.Errorf("try %d", tries.Load())
		}
		return nil
	})
	publishNotes(t, client.Session("PUBLISHER", "", 1), 1)
	letter := func(condition func(bus.DeadLetter) bool) bus.DeadLetter {
		var found bus.DeadLetter
		require.Eventually(t, func() bool {
			letters, err := client.DeadLetters(t.Context())
			if err != nil || len(letters) != 1 || !condition(letters[0]) {
				return false
			}
			found = letters[0]
			return true
		}, patience, 5*time.Millisecond)
		return found
	}
	first := letter(func(l bus.DeadLetter) bool { return l.Status == bus.LetterPending })
	require.NoError(t, client.Redeliver(t.Context(), first.Key, time.Hour))
	second := letter(func(l bus.DeadLetter) bool { return l.RetryCount == 1 })
	require.Equal(t, "try 2", second.Error)
	require.WithinDuration(t, time.Now().Add(time.Hour), second.NextAt, time.Minute)
	require.Equal(t, first.FirstAt, second.FirstAt)

	require.NoError(t, client.Redeliver(t.Context(), first.Key, time.Hour))
	letter(func(l bus.DeadLetter) bool { return l.Status == bus.LetterRecovered })
	require.Len(t, other.seen(), 1, "the other subscriber saw the event once only")

	require.NoError(t, client.Discard(t.Context(), first.Key))
	require.ErrorIs(t, client.Discard(t.Context(), first.Key), bus.ErrNotFound)
	require.ErrorIs(t, client.Redeliver(t.Context(), "no such/key", 0), bus.ErrNotFound)
}

func TestSubscriberContinuesWhereItStopped(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	var first, second recorder
	subscription := subscribe(t, client.Session("READER", "", 1), first.handle)
	publisher := client.Session("PUBLISHER", "", 1)
	publishNotes(t, publisher, 3)
	require.Eventually(t, func() bool { return len(first.seen()) == 3 }, patience, 5*time.Millisecond)
	subscription.Close()

	missed := publishNotes(t, publisher, 3)
	// The server counts a moment after it has confirmed.
	require.Eventually(t, func() bool {
		lag, err := subscription.Lag(t.Context())
		return err == nil && lag.Pending == 3 && lag.Behind > 0
	}, patience, 5*time.Millisecond, "three events wait")
	subscribe(t, client.Session("READER", "", 2), second.handle)
	require.Eventually(t, func() bool { return len(second.seen()) == 3 }, patience, 5*time.Millisecond)
	require.Equal(t, missed, second.seen())
}

// An event that was being handled when its subscriber was told to stop goes to the successor at once.
func TestInterruptedEventGoesToTheSuccessor(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	started := make(chan struct{})
	subscription := subscribe(t, client.Session("READER", "", 1), func(ctx context.Context, _ bus.Event) error {
		close(started)
		<-ctx.Done()
		return ctx.Err()
	})
	ids := publishNotes(t, client.Session("PUBLISHER", "", 1), 1)
	<-started
	subscription.Close()
	var successor recorder
	subscribe(t, client.Session("READER", "", 2), successor.handle)
	require.Eventually(t, func() bool { return len(successor.seen()) == 1 }, 4500*time.Millisecond, 5*time.Millisecond,
		"at once, not when the event is taken for lost after five seconds")
	require.Equal(t, ids, successor.seen())
	letters, err := client.DeadLetters(t.Context())
	require.NoError(t, err)
	require.Empty(t, letters, "being told to stop is no failure")
}

// A process dies with an event in its hands: the successor gets that event first, and then the others.
func TestEventOfADeadSubscriberComesFirst(t *testing.T) {
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client, dying := bustest.Connect(t, server.URL()), bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	started, release := make(chan struct{}), make(chan struct{})
	subscription, err := dying.Session("READER", "", 1).Subscribe(t.Context(), notes, func(context.Context, bus.Event) error {
		close(started)
		<-release
		return nil
	})
	require.NoError(t, err)
	ids := publishNotes(t, client.Session("PUBLISHER", "", 1), 3)
	<-started
	dying.Close() // neither acknowledged nor given back, as with kill -9

	var successor recorder
	subscribe(t, client.Session("READER", "", 2), successor.handle)
	require.Eventually(t, func() bool { return len(successor.seen()) == 3 }, patience, 10*time.Millisecond)
	require.Equal(t, ids, successor.seen())
	close(release)
	subscription.Close()
}

// A copy that was frozen, was replaced and wakes up gets nothing more.
func TestReplacedSubscriberEnds(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	var old, young recorder
	replaced := subscribe(t, client.Session("READER", "", 1), old.handle)
	subscribe(t, client.Session("READER", "", 2), young.handle)
	ids := publishNotes(t, client.Session("PUBLISHER", "", 1), 20)
	require.Eventually(t, func() bool { return len(young.seen()) == 20 }, patience, 5*time.Millisecond)
	require.Empty(t, old.seen())
	require.Equal(t, ids, young.seen())
	<-replaced.Done()
	require.ErrorIs(t, replaced.Err(), bus.ErrFenced)
}

// The bus restarts under publishers that repeat what was not acknowledged: nothing is lost, doubled or reordered.
func TestRestartOfTheBusLosesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := bustest.Serve(t, dir, "127.0.0.1:-1")
	address := server.URL()[len("nats://"):]
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	var reader recorder
	subscribe(t, client.Session("READER", "", 1), reader.handle)

	const count = 300
	published := make(chan []string, 1)
	var progress atomic.Int32
	go func() {
		session := client.Session("PUBLISHER", "", 1)
		var ids []string
		for i := range count {
			event, err := session.Event(note(fmt.Sprintf("note %d", i)))
			for err == nil && session.PublishEvent(t.Context(), event) != nil {
				err = t.Context().Err()
			}
			ids = append(ids, event.ID)
			progress.Add(1)
		}
		published <- ids
	}()
	for _, mark := range []int32{count / 4, count / 2} {
		require.Eventually(t, func() bool { return progress.Load() >= mark }, patience, time.Millisecond)
		require.NoError(t, server.Shutdown(t.Context()))
		server = bustest.Serve(t, dir, address)
	}
	ids := <-published
	var logged []string
	for _, event := range bustest.Events(t, client, notes...) {
		logged = append(logged, event.ID)
	}
	require.Equal(t, ids, logged)
	require.Eventually(t, func() bool { return len(reader.seen()) >= count }, patience, 10*time.Millisecond)
	require.Subset(t, ids, reader.seen())
}

func TestOverhear(t *testing.T) {
	t.Parallel()
	client := bustest.Start(t)
	heard := make(chan string, 10)
	stop, err := client.Overhear(notes, func(id string) { heard <- id })
	require.NoError(t, err)
	session := client.Session("SPEAKER", "", 1)
	for _, id := range publishNotes(t, session, 3) {
		select {
		case got := <-heard:
			require.Equal(t, id, got)
		case <-time.After(time.Minute):
			t.Fatal("nothing was heard")
		}
	}
	stop()
	publishNotes(t, session, 1)
	require.Empty(t, heard, "nobody listens any more")
}
