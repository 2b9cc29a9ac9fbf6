package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// LetterStatus says what became of a dead letter.
type LetterStatus string

const (
	LetterPending   LetterStatus = "pending"   // will be tried again at NextAt
	LetterRecovered LetterStatus = "recovered" // handled in the end
	LetterAbandoned LetterStatus = "abandoned" // only an operator can try it again
)

// DeadLetter is an event that one subscriber could not handle.
type DeadLetter struct {
	Key        string       `json:"key"`
	Event      Event        `json:"event"`
	Subscriber string       `json:"subscriber"`
	Error      string       `json:"error"`
	RetryCount int          `json:"retry_count"` // retries that failed; the first delivery is none
	FirstAt    time.Time    `json:"first_at"`
	LastAt     time.Time    `json:"last_at"` // of the last change
	NextAt     time.Time    `json:"next_at,omitzero"`
	Status     LetterStatus `json:"status"`
	// Sent is set while a redelivery is on its way to the subscriber.
	Sent bool `json:"sent,omitempty"`
}

// DeadLetters lists all of them, oldest first.
func (c *Client) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketLetters)
	if err != nil {
		return nil, wrap(ctx, err, "open dead letters")
	}
	var letters []DeadLetter
	err = eachEntry(limited, bucket, jetstream.AllKeys, func(entry jetstream.KeyValueEntry) error {
		letter, err := readLetter(entry.Value())
		if err != nil {
			return fmt.Errorf("dead letter %s: %w", entry.Key(), err)
		}
		letters = append(letters, letter)
		return nil
	})
	if err != nil {
		return nil, wrap(ctx, err, "list dead letters")
	}
	slices.SortFunc(letters, func(a, b DeadLetter) int { return a.FirstAt.Compare(b.FirstAt) })
	return letters, nil
}

// Redeliver gives a dead letter's event once more to the one subscriber that failed it. If it fails again,
// the letter is due retryAfter later. A letter whose redelivery is on its way is left alone.
func (c *Client) Redeliver(ctx context.Context, key string, retryAfter time.Duration) error {
	letter, err := c.letter(ctx, key)
	if err != nil || letter.Sent {
		return err
	}
	data, err := json.Marshal(letter.Event)
	if err != nil {
		return fmt.Errorf("encode event %s: %w", letter.Event.ID, err)
	}
	message := &nats.Msg{Subject: subjectRedeliver + token(letter.Subscriber), Data: data, Header: nats.Header{
		headerLetter:     {key},
		headerRetryAfter: {strconv.FormatInt(int64(retryAfter), 10)},
	}}
	// Sent first and marked second: a crash between the two repeats a message that the log then drops.
	try := fmt.Sprintf("%s#%d#%d", key, letter.RetryCount, letter.LastAt.UnixNano())
	if _, err := c.append(ctx, message, try, "redeliver "+key); err != nil {
		return err
	}
	return c.changeLetter(ctx, key, func(current *DeadLetter) error {
		if current.RetryCount != letter.RetryCount || current.Status == LetterRecovered {
			return errUnchanged // the subscriber has answered already
		}
		current.Status, current.Sent = LetterPending, true
		return nil
	})
}

// Abandon ends the automatic retries of a dead letter. It stays listed until it is discarded.
func (c *Client) Abandon(ctx context.Context, key string) error {
	return c.changeLetter(ctx, key, func(letter *DeadLetter) error {
		if letter.Status != LetterPending {
			return errUnchanged
		}
		letter.Status, letter.Sent, letter.NextAt = LetterAbandoned, false, time.Time{}
		return nil
	})
}

// Discard forgets a dead letter.
func (c *Client) Discard(ctx context.Context, key string) error {
	if _, err := c.letter(ctx, key); err != nil {
		return err
	}
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketLetters)
	if err == nil {
		err = bucket.Purge(limited, key)
	}
	return wrap(ctx, err, "discard dead letter %s", key)
}
