package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Sum is a SHA-256. The zero Sum means unknown.
type Sum [sha256.Size]byte

// ParseSum reads 64 lower-case hexadecimal digits.
func ParseSum(text string) (Sum, error) {
	var sum Sum
	return sum, sum.UnmarshalText([]byte(text))
}

// IsZero says that the sum is unknown.
func (s Sum) IsZero() bool { return s == Sum{} }

// String returns 64 lower-case hexadecimal digits.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// MarshalText writes the sum as String does.
func (s Sum) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, s[:]), nil }

// UnmarshalText reads what MarshalText writes, and nothing else: a sum has one spelling.
func (s *Sum) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(s)) {
		return fmt.Errorf("sha256 %.80q needs %d hexadecimal digits", text, hex.EncodedLen(len(s)))
	}
	var sum Sum
	if _, err := hex.Decode(sum[:], text); err != nil {
		return fmt.Errorf("sha256 %.80q: %w", text, err)
	}
	if sum.String() != string(text) {
		return fmt.Errorf("sha256 %.80q needs lower-case digits", text)
	}
	*s = sum
	return nil
}
