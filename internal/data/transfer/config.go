package transfer

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// minTokenBytes keeps tokens beyond guessing.
const minTokenBytes = 16

// ServerConfig bounds a server. Zero means the default.
type ServerConfig struct {
	Tokens []string // who knows one of them may read everything; at least 16 bytes each; several while they are changed

	MaxConnections        int // in all; 512
	MaxConnectionsPerPeer int // of one address; 128
	MaxRequests           int // under way in all, then 503; 128
	MaxRequestsPerPeer    int // under way of one address, then 429; 64

	BytesPerSecond       int64         // of all answers together; 0 means unlimited
	StreamBytesPerSecond int64         // of one answer; 0 means unlimited
	StallTimeout         time.Duration // a reader that takes no slice (256 KiB) for so long is cut off; 30 s

	Logger *slog.Logger // nil means silence
}

func (c ServerConfig) withDefaults() ServerConfig {
	c.MaxConnections = orDefault(c.MaxConnections, 512)
	c.MaxConnectionsPerPeer = orDefault(c.MaxConnectionsPerPeer, 128)
	c.MaxRequests = orDefault(c.MaxRequests, 128)
	c.MaxRequestsPerPeer = orDefault(c.MaxRequestsPerPeer, 64)
	c.StallTimeout = orDefault(c.StallTimeout, 30*time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// validate returns every fault at once.
func (c ServerConfig) validate() error {
	var errs []error
	if len(c.Tokens) == 0 {
		errs = append(errs, errors.New("tokens: none is given: set one, the same on all nodes"))
	}
	for _, token := range c.Tokens {
		errs = append(errs, checkToken(token))
	}
	for _, field := range []struct {
		name  string
		value int64
	}{
		{"max connections", int64(c.MaxConnections)}, {"max connections per peer", int64(c.MaxConnectionsPerPeer)},
		{"max requests", int64(c.MaxRequests)}, {"max requests per peer", int64(c.MaxRequestsPerPeer)},
		{"bytes per second", c.BytesPerSecond}, {"stream bytes per second", c.StreamBytesPerSecond},
		{"stall timeout", int64(c.StallTimeout)},
	} {
		if field.value < 0 {
			errs = append(errs, fmt.Errorf("%s: %d is negative: use 0 for the default", field.name, field.value))
		}
	}
	return errors.Join(errs...)
}

// checkToken never tells the token itself.
func checkToken(token string) error {
	if len(token) < minTokenBytes {
		return fmt.Errorf("token: it has %d bytes: use at least %d random ones", len(token), minTokenBytes)
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return fmt.Errorf("token: byte %d is not a printable ASCII character", i)
		}
	}
	return nil
}

func orDefault[T int | int64 | time.Duration](value, byDefault T) T {
	if value == 0 {
		return byDefault
	}
	return value
}
