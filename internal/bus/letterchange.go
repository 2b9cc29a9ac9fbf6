package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// createLetter writes the dead letter of a subscriber and an event. The one that exists already is kept.
func (c *Client) createLetter(ctx context.Context, subscriber string, event Event, cause error) error {
	now := c.config.Now().UTC()
	letter := DeadLetter{
		Key: token(subscriber) + "." + token(event.ID), Event: event, Subscriber: subscriber, Error: errorText(cause),
		FirstAt: now, LastAt: now, NextAt: now, Status: LetterPending,
	}
	data, err := json.Marshal(letter)
	if err != nil {
		return fmt.Errorf("encode dead letter %s: %w", letter.Key, err)
	}
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketLetters)
	if err == nil {
		_, err = bucket.Create(limited, letter.Key, data)
	}
	if errors.Is(err, jetstream.ErrKeyExists) {
		return nil
	}
	return wrap(ctx, err, "write dead letter %s", letter.Key)
}

// settle keeps the outcome of a redelivery. A letter that was discarded meanwhile stays so.
func (c *Client) settle(ctx context.Context, key string, cause error, retryAfter time.Duration) error {
	err := c.changeLetter(ctx, key, func(letter *DeadLetter) error {
		letter.Sent = false
		if cause == nil {
			letter.Status, letter.NextAt = LetterRecovered, time.Time{}
			return nil
		}
		letter.Error = errorText(cause)
		letter.RetryCount++
		letter.NextAt = c.config.Now().UTC().Add(retryAfter)
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

func (c *Client) changeLetter(ctx context.Context, key string, change func(*DeadLetter) error) error {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketLetters)
	if err != nil {
		return wrap(ctx, err, "open dead letters")
	}
	return wrapUnlessOurs(ctx, update(limited, bucket, key, func(stored []byte, found bool) ([]byte, error) {
		if !found {
			return nil, fmt.Errorf("dead letter %s: %w", key, ErrNotFound)
		}
		letter, err := readLetter(stored)
		if err != nil {
			return nil, err
		}
		if err := change(&letter); err != nil {
			return nil, err
		}
		letter.LastAt = c.config.Now().UTC()
		return json.Marshal(letter)
	}), "change dead letter "+key)
}

func (c *Client) letter(ctx context.Context, key string) (DeadLetter, error) {
	limited, cancel := c.bounded(ctx)
	defer cancel()
	bucket, err := c.bucket(limited, bucketLetters)
	if err != nil {
		return DeadLetter{}, wrap(ctx, err, "open dead letters")
	}
	entry, err := bucket.Get(limited, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return DeadLetter{}, fmt.Errorf("dead letter %q: %w", key, ErrNotFound)
	}
	if err != nil {
		return DeadLetter{}, wrap(ctx, err, "read dead letter %s", key)
	}
	return readLetter(entry.Value())
}

func readLetter(data []byte) (letter DeadLetter, err error) {
	if err := json.Unmarshal(data, &letter); err != nil {
		return letter, fmt.Errorf("decode dead letter: %w", err)
	}
	return letter, nil
}
