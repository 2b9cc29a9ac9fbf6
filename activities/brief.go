package activities

import (
	"errors"
	"strings"
)

// maxError bounds what is stored of an error, in bytes: histories, events and the Web UI have limits.
const maxError = 4 << 10

// brief is an error as it can be stored everywhere: one that is not, as it is not UTF-8, never reaches the server, which
// then takes the worker for lost. The daemon's log, or for a job the worker's, has the whole of it.
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
