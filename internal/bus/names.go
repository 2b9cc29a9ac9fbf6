package bus

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Names in NATS. They are stored: never change one.
const (
	streamEvents      = "EVENTS"
	subjectEvents     = "ringrift.events."
	subjectRedeliver  = "ringrift.redeliver."
	bucketCheckpoints = "checkpoints"
	bucketEpochs      = "epochs"
	bucketLetters     = "dead_letters"
	bucketReports     = "reports"
	bucketAgreed      = "agreed"

	headerEpoch      = "Ringrift-Epoch"
	headerLetter     = "Ringrift-Dead-Letter"
	headerRetryAfter = "Ringrift-Retry-After"
)

func eventSubject(name Name) string { return subjectEvents + string(name) }

// owner is the readable name of one copy of a daemon: TYPE, or TYPE@node.
func owner(daemon spec.Type, node string) string {
	if node == "" {
		return string(daemon)
	}
	return string(daemon) + "@" + node
}

// token makes any text usable as one part of a NATS subject, key or consumer name. It is reversible:
// what is not a letter, digit, dash or underscore becomes = and two hex digits.
func token(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

// untoken is the inverse of token.
func untoken(text string) (string, error) {
	var name []byte
	for rest := text; rest != ""; {
		if rest[0] != '=' {
			name, rest = append(name, rest[0]), rest[1:]
			continue
		}
		if len(rest) < 3 {
			return "", fmt.Errorf("key %q ends within an escaped character", text)
		}
		decoded, err := hex.DecodeString(rest[1:3])
		if err != nil {
			return "", fmt.Errorf("key %q: %w", text, err)
		}
		name, rest = append(name, decoded...), rest[3:]
	}
	return string(name), nil
}
