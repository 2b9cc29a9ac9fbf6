package daemonwatchdog

import (
	"regexp"
	"strings"
)

const (
	hidden  = "[redacted]"
	maxRead = 16 << 10 // bytes of a text that are looked at
)

// redactor takes secrets out of error texts, which programs like to fill with whole URLs and headers.
type redactor struct {
	patterns []pattern
}

type pattern struct {
	find    *regexp.Regexp
	replace string
}

func newRedactor() *redactor {
	return &redactor{[]pattern{
		{regexp.MustCompile(`(?i)\b(bearer|basic)\s+[^\s"',;]+`), "$1 " + hidden},
		{regexp.MustCompile(`://[^/\s@]+@`), "://" + hidden + "@"},
		{regexp.MustCompile(`(?i)((?:[a-z0-9]+[_-])*(?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key|signature|credentials?)["']?\s*[:=]\s*["']?)[^\s"'&,;]+`), "${1}" + hidden},
		{regexp.MustCompile(`(https?://hooks\.[^/\s]+/)\S+`), "${1}" + hidden},
	}}
}

// text returns at most limit bytes of a text without its secrets.
func (r *redactor) text(text string, limit int) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxRead)], "")
	for _, p := range r.patterns {
		text = p.find.ReplaceAllString(text, p.replace)
	}
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}
