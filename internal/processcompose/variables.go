package processcompose

import (
	"regexp"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// variable is what process-compose replaces when it loads a file: $NAME, ${NAME} and ${NAME:-otherwise}. $$ is a $.
var variable = regexp.MustCompile(`\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)([^}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)`)

// use is one variable in a text.
type use struct {
	name      string // empty for $$
	otherwise string // what holds if there is none
	given     bool   // that there is such an otherwise
	form      string // another form than those, which is not understood
}

// useOf is what a match of the pattern means.
func useOf(match string) use {
	parts := variable.FindStringSubmatch(match)
	if parts[3] != "" {
		return use{name: parts[3]}
	}
	one := use{name: parts[1]}
	for _, sign := range []string{":-", ":=", "-", "="} {
		if rest, is := strings.CutPrefix(parts[2], sign); is {
			one.otherwise, one.given = rest, true
			return one
		}
	}
	one.form = parts[2]
	return one
}

// replaceVariables puts in what a function says for each variable of a text, unless the file says that none is meant.
func (m *importer) replaceVariables(text string, what func(use) string) string {
	if !m.expand {
		return text
	}
	return variable.ReplaceAllStringFunc(text, func(match string) string {
		one := useOf(match)
		if one.name == "" {
			return "$"
		}
		return what(one)
	})
}

// now is a text with its variables put in: where nobody does that when the program starts.
func (m *importer) now(about item, text string) string {
	return m.replaceVariables(text, func(one use) string {
		value, known := m.dotenv.values[one.name]
		switch {
		case one.form != "":
			m.changes(about, "of ${%s%s} only the value is put in: write what it gives", one.name, strict.Cut(one.form))
		case known:
			m.changes(about, "%s is put in as %s has it now: import again when that changes", one.name, dotenvName)
		case one.given:
			return one.otherwise
		default:
			m.changes(about, "nothing is put in for %s: name a file that has it with --env-file, and import again", one.name)
		}
		return value
	})
}

// text is a value that process-compose loads and renders; rendered says whether that could be done.
func (p *process) text(about item) (text string, rendered bool) {
	return p.render(about, p.now(about, about.value.text))
}
