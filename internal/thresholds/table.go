package thresholds

import (
	"fmt"
	"strings"
)

// Table is every key with its meaning, bounds and values, and every rule between keys, in Markdown.
func Table() (string, error) {
	var text strings.Builder
	for _, group := range new(Thresholds).tree().sections {
		keys, err := Explain(group.key, nil)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&text, "## %s\n\n%s.\n\n", group.name, capital(group.help))
		text.WriteString("| key | meaning | unit | allowed | fast | standard |\n|---|---|---|---|---|---|\n")
		for _, e := range keys {
			fmt.Fprintf(&text, "| `%s` | %s | %s | %s | `%s` | `%s` |\n", e.Key, e.Help, e.Unit, e.Allowed, e.Fast, e.Standard)
		}
		text.WriteString("\n")
	}
	text.WriteString("## Between keys\n\n")
	for _, rule := range Rules() {
		fmt.Fprintf(&text, "* %s\n", rule)
	}
	return text.String(), nil
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
