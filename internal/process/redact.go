package process

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
)

var redacted = []byte("***")

// redactor replaces secrets in a stream, also those that arrive in pieces.
type redactor struct {
	secrets [][]byte  // longest first, so that a secret which contains another goes as a whole
	first   [256]bool // the bytes that secrets begin with
	held    []byte    // the end of the stream so far if a secret may have begun there
}

// newRedactor looks for the given values, and for them as they stand in JSON.
func newRedactor(secrets []string) *redactor {
	r := &redactor{}
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		r.secrets = append(r.secrets, []byte(secret))
		if text, err := json.Marshal(secret); err == nil {
			r.secrets = append(r.secrets, text[1:len(text)-1])
		}
	}
	slices.SortFunc(r.secrets, func(a, b []byte) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), bytes.Compare(a, b))
	})
	r.secrets = slices.CompactFunc(r.secrets, bytes.Equal)
	for _, secret := range r.secrets {
		r.first[secret[0]] = true
	}
	return r
}

// next returns what of the stream is safe to show: text after what was held, without what is held now.
func (r *redactor) next(text []byte) []byte {
	if len(r.secrets) == 0 {
		return text
	}
	all := append(r.held, text...)
	clean, rest := r.replace(all, false)
	r.held = bytes.Clone(rest)
	return clean
}

// last returns what was held, at the end of the stream.
func (r *redactor) last() []byte {
	clean, _ := r.replace(r.held, true)
	r.held = nil
	return clean
}

// line redacts one line. Of a truncated one the end goes as well if a secret may have begun there.
func (r *redactor) line(text []byte, truncated bool) []byte {
	clean, _ := r.replace(text, !truncated)
	return clean
}

// replace goes through text. Unless it is final, it stops where a secret may go on beyond the end.
func (r *redactor) replace(text []byte, final bool) (clean, rest []byte) {
	if len(r.secrets) == 0 {
		return text, nil
	}
	clean = make([]byte, 0, len(text))
	for len(text) > 0 {
		if plain := r.plain(text); plain > 0 {
			clean, text = append(clean, text[:plain]...), text[plain:]
			continue
		}
		if !final && r.begins(text) {
			return clean, text
		}
		if length := r.match(text); length > 0 {
			clean, text = append(clean, redacted...), text[length:]
			continue
		}
		clean, text = append(clean, text[0]), text[1:]
	}
	return clean, nil
}

// plain is how many bytes come before the first one that a secret begins with.
func (r *redactor) plain(text []byte) int {
	for i, character := range text {
		if r.first[character] {
			return i
		}
	}
	return len(text)
}

// match returns the length of the longest secret that text begins with; 0 if there is none.
func (r *redactor) match(text []byte) int {
	for _, secret := range r.secrets {
		if bytes.HasPrefix(text, secret) {
			return len(secret)
		}
	}
	return 0
}

// begins says whether all of text is the beginning of a longer secret.
func (r *redactor) begins(text []byte) bool {
	for _, secret := range r.secrets {
		if len(text) < len(secret) && bytes.HasPrefix(secret, text) {
			return true
		}
	}
	return false
}
