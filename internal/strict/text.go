package strict

import (
	"strconv"
	"strings"
	"time"
)

// Short is a text of a file for a fault: bounded, and quoted unless it is a plain word.
func Short(text string) string {
	text = Cut(text)
	if quoted := strconv.Quote(text); text == "" || quoted != `"`+text+`"` || strings.ContainsAny(text, " ,:") {
		return quoted
	}
	return text
}

// Cut is a text for a fault, bounded.
func Cut(text string) string {
	const enough = 64
	if len(text) <= enough {
		return text
	}
	return strings.ToValidUTF8(text[:enough], "") + "…"
}

// Duration leaves out the zeros at the end of a duration: 24h, 1m30s.
func Duration(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
