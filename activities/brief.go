package activities

import (
	"errors"
	"strings"
)

// maxError bounds what is stored of an error, in bytes: histories, events and the Web UI have limits.
const maxError = 4 << 10

// brief is an error as it can be stored everywhere. The daemon's log has the whole of it.
func brief(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "") + "…"
	}
	return errors.New(text)
}
