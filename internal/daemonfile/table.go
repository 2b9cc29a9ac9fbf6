package daemonfile

import (
	"fmt"
	"strings"
)

// Table is every key of a daemon with its meaning, what it takes and what holds without it, in Markdown.
func Table() string {
	var text strings.Builder
	text.WriteString("| key | meaning | takes | default |\n|---|---|---|---|\n")
	writeTable(&text, entryFields())
	return text.String()
}

func writeTable(text *strings.Builder, list []field) {
	for _, f := range list {
		section, takes, fallback := f.section(), f.allowed(), ""
		if section != nil {
			takes = "the keys below"
		}
		if f.fallback != "" {
			fallback = "`" + f.fallback + "`"
		}
		fmt.Fprintf(text, "| `%s` | %s | %s | %s |\n", f.key, cell(f.tag.Get("help")), cell(takes), fallback)
		writeTable(text, section)
	}
}

// cell is a text that a table can hold.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(text)
}
