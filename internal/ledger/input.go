package ledger

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// maxTextBytes bounds names, ids and reasons; maxJSONBytes bounds requests, results, facts and snapshots.
	maxTextBytes = 4 << 10
	maxJSONBytes = 1 << 20
)

// firstError returns the first error of a list of checks.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// text checks a value that must be there.
func text(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s is empty: give a value: %w", field, ErrInvalid)
	}
	return short(field, value)
}

// short checks a value that may be empty.
func short(field, value string) error {
	if len(value) > maxTextBytes {
		return fmt.Errorf("%s has %d bytes: give at most %d: %w", field, len(value), maxTextBytes, ErrInvalid)
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return fmt.Errorf("%s is %q: give UTF-8 without zero bytes: %w", field, value, ErrInvalid)
	}
	return nil
}

// config checks a config key, <board>_<n>p.
func config(value string) error {
	board := value[:max(strings.LastIndexByte(value, '_'), 0)]
	players, found := strings.CutSuffix(strings.TrimPrefix(value, board+"_"), "p")
	n, err := strconv.Atoi(players)
	if board == "" || !found || err != nil || n < 1 {
		return fmt.Errorf("config_key is %q: give <board>_<n>p, such as sq5_2p: %w", value, ErrInvalid)
	}
	return short("config_key", value)
}

// hash checks a SHA-256 in lower hex.
func hash(field, value string) error {
	raw, err := hex.DecodeString(value)
	if err != nil || len(raw) != 32 || strings.ToLower(value) != value {
		return fmt.Errorf("%s is %q: give 64 lower-case hex digits: %w", field, value, ErrInvalid)
	}
	return nil
}

// document checks a JSON value that may be empty.
func document(field string, value json.RawMessage) error {
	switch {
	case len(value) > maxJSONBytes:
		return fmt.Errorf("%s has %d bytes: give at most %d, and a reference for more: %w", field, len(value), maxJSONBytes, ErrInvalid)
	case len(value) > 0 && (!json.Valid(value) || !utf8.Valid(value)):
		return fmt.Errorf("%s is not JSON: %w", field, ErrInvalid)
	}
	return nil
}

// between checks a number.
func between(field string, value, low, high int64) error {
	if value < low || value > high {
		return fmt.Errorf("%s is %d: give %d to %d: %w", field, value, low, high, ErrInvalid)
	}
	return nil
}

// count checks the length of a list.
func count(field string, length, limit int) error {
	if length > limit {
		return fmt.Errorf("%s has %d entries: give at most %d at once: %w", field, length, limit, ErrInvalid)
	}
	return nil
}

// moment checks a time that must be there.
func moment(field string, value time.Time) error {
	if value.IsZero() {
		return fmt.Errorf("%s is empty: give a time: %w", field, ErrInvalid)
	}
	return nil
}
