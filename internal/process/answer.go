package process

import (
	"fmt"
	"strings"
)

// maxAnswer is how many bytes of an answer are told.
const maxAnswer = 200

// Excerpt is the beginning of an answer for a message, without secrets; it is empty if there is none.
func Excerpt(answer []byte, secrets []string) string {
	truncated := len(answer) > maxAnswer
	clean := newRedactor(secrets).line(answer[:min(len(answer), maxAnswer)], truncated)
	text := strings.TrimSpace(string(clean))
	if text == "" {
		return ""
	}
	return fmt.Sprintf(": %q", text)
}

// head keeps the beginning of what is written to it, and that there was more.
type head struct{ text []byte }

func (h *head) Write(text []byte) (int, error) {
	h.text = append(h.text, text[:min(len(text), maxAnswer+1-len(h.text))]...)
	return len(text), nil
}
