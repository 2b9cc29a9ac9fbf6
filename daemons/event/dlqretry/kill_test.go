package dlqretry

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
)

// killedLetters are enough that no process works through them before it is killed.
const killedLetters = 60

// impatient makes letters due at once, one a round, so that a kill falls between any two steps.
func impatient() Config {
	return Config{BaseDelay: time.Millisecond, MaxDelay: time.Millisecond, Batch: 1}
}

// TestRetriesSurviveKill kills the process that retries, again and again, while the subscriber is slow to answer and
// while it is not: each letter has exactly its retries, is recovered or given up in the end, and told of.
func TestRetriesSurviveKill(t *testing.T) {
	if url := os.Getenv("RETRY_URL"); url != "" {
		retryForEver(t, url)
	}
	t.Parallel()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL(), func(c *bus.ClientConfig) { c.Logger = slog.New(slog.DiscardHandler) })
	bustest.CreateStreams(t, server.URL())
	b := &bundle{t: t, clock: &clock{now: time.Now()}, client: client}
	deliveries := newDeliveries()
	b.subscribe("FAILING", deliveries.handle)
	b.publish(killedLetters)
	b.letters("dead letters", count(killedLetters))

	answer := deliveries.hold()
	for round := range 12 {
		if round == 9 {
			answer()
		}
		retryUntilKilled(t, server.URL(), round+2, 4)
	}
	require.False(t, finished(b.letters("letters", count(killedLetters))), "the kills came while there was work")
	last := newRetrier(impatient().withDefaults(), host.Runtime{
		Epoch: 100, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: client.Session(Type, "", 100),
	})
	require.Eventually(t, func() bool {
		require.NoError(t, last.Tick(t.Context()))
		letters, err := client.DeadLetters(t.Context())
		return err == nil && finished(letters)
	}, patience, time.Millisecond, "every letter comes to its end")
	require.NoError(t, last.Tick(t.Context()))
	deliveries.require(t)
	requireTold(t, b)
}

func finished(letters []bus.DeadLetter) bool {
	return all(func(l bus.DeadLetter) bool { return l.Status != bus.LetterPending })(letters)
}

// deliveries counts what the subscriber was given. It handles every second event at the first retry.
type deliveries struct {
	answer sync.Mutex // held while the subscriber is slow
	mu     sync.Mutex
	counts map[string]int // by text
}

func newDeliveries() *deliveries { return &deliveries{counts: map[string]int{}} }

// hold makes the subscriber wait with its answers until the function returned is called.
func (d *deliveries) hold() (answer func()) {
	d.answer.Lock()
	return d.answer.Unlock
}

func (d *deliveries) handle(_ context.Context, event bus.Event) error {
	note, err := bus.Decode[bus.OperatorNote](event)
	if err != nil {
		return err
	}
	d.answer.Lock()
	defer d.answer.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.counts[note.Text]++
	if recovers(note.Text) && d.counts[note.Text] == 2 {
		return nil
	}
	return errors.New("not yet")
}

func recovers(text string) bool {
	number, err := strconv.Atoi(text)
	return err == nil && number%2 == 0
}

func (d *deliveries) require(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	require.Len(t, d.counts, killedLetters)
	for text, count := range d.counts {
		if recovers(text) {
			require.Equal(t, 2, count, "event %s is handled at its first retry", text)
		} else {
			require.Equal(t, 6, count, "event %s has one delivery and five retries", text)
		}
	}
}

// requireTold checks that no letter went its way without a word: a crash may tell twice, never not at all.
func requireTold(t *testing.T, b *bundle) {
	t.Helper()
	recovered, given := 0, map[string]bool{}
	for _, event := range bustest.Events(t, b.client, "DLQ_EVENTS_REPLAYED") {
		content, err := bus.Decode[bus.DeadLettersReplayed](event)
		require.NoError(t, err)
		recovered += content.RecoveredCount
	}
	for _, event := range bustest.Events(t, b.client, "DLQ_EVENTS_PURGED") {
		content, err := bus.Decode[bus.DeadLettersPurged](event)
		require.NoError(t, err)
		for _, key := range content.Keys {
			given[key] = true
		}
	}
	var abandoned []string
	for _, letter := range b.letters("letters", count(killedLetters)) {
		if letter.Status == bus.LetterAbandoned {
			abandoned = append(abandoned, letter.Key)
		}
	}
	require.GreaterOrEqual(t, recovered, killedLetters/2)
	require.ElementsMatch(t, abandoned, slices.Collect(maps.Keys(given)))
}

// retryUntilKilled kills the process at a random moment of the round after so many.
func retryUntilKilled(t *testing.T, url string, epoch, rounds int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestRetriesSurviveKill$", "-test.count=1")
	child.Env = append(os.Environ(), "RETRY_URL="+url, fmt.Sprintf("RETRY_EPOCH=%d", epoch))
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(output)
	var first time.Time
	for seen := 0; lines.Scan(); seen++ {
		switch seen {
		case 0:
			first = time.Now()
		case rounds:
			round := time.Since(first) / time.Duration(rounds)
			time.AfterFunc(rand.N(round), func() { _ = child.Process.Kill() }) // it is known to run, and Wait tells
		}
	}
	require.Error(t, child.Wait(), "it was killed")
}

func retryForEver(t *testing.T, url string) {
	epoch, err := strconv.ParseInt(os.Getenv("RETRY_EPOCH"), 10, 64)
	require.NoError(t, err)
	client := bustest.Connect(t, url)
	retrier := newRetrier(impatient().withDefaults(), host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: client.Session(Type, "", epoch),
	})
	for {
		require.NoError(t, retrier.Tick(t.Context()))
		fmt.Println("round")
	}
}
