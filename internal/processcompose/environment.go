package processcompose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// setting is one variable of an environment.
type setting struct {
	name, value string
	about       item
}

// takeEnvironment collects the variables of a process: those of all first, then its own, and what process-compose adds.
func (p *process) takeEnvironment(number int) {
	p.settings = slices.Clone(p.global)
	if one, given := p.about.child("environment"); given {
		p.settings = append(p.settings, p.importer.settings(one, "env")...)
	}
	if p.replicas > 1 || p.mentions("PC_REPLICA_NUM") {
		p.settings = append(p.settings, setting{"PC_REPLICA_NUM", strconv.Itoa(number), p.about})
	}
	if p.mentions("PC_PROC_NAME") {
		p.settings = append(p.settings, setting{"PC_PROC_NAME", p.about.name, p.about})
	}
	var files []string
	if p.dotenvs {
		for _, absolute := range p.dotenv.files {
			files = append(files, p.path(absolute))
		}
	}
	if one, given := p.about.child("env_file"); given {
		files = append(files, p.environmentFiles(one)...)
	}
	if len(files) > 0 {
		p.entry.set("", "env_files", words(files), p.about)
	}
}

// mentions says whether what the process runs has a variable's name in it.
func (p *process) mentions(name string) bool {
	for _, key := range []string{"command", "entrypoint"} {
		one, given := p.about.child(key)
		if given && strings.Contains(one.value.text, name) {
			return true
		}
	}
	return false
}

func (p *process) environmentFiles(about item) []string {
	from := func(one *node) string {
		return p.path(from(one.source.folder, p.now(item{one.place, about.name, about.key, one, false}, one.text)))
	}
	if about.value.kind == scalar {
		p.maps(about, "env_files")
		return []string{from(about.value)}
	}
	var files []string
	for _, one := range about.value.items {
		if one.kind == scalar {
			files = append(files, from(one))
		}
	}
	p.maps(about, "env_files")
	return files
}

// settings reads variables, as a list of NAME=value or as a mapping. A value that names another variable keeps a
// reference to it: what it holds may be a secret.
func (m *importer) settings(about item, into string) []setting {
	var all []setting
	add := func(at place, name, value string) {
		one := item{at, name, about.key + "." + shortName(name), nil, true}
		before := len(m.notes)
		all = append(all, setting{name, m.referring(one, value), one})
		if len(m.notes) == before {
			m.maps(one, "%s", into)
		}
	}
	for _, one := range about.children() {
		if one.value.kind == scalar {
			add(one.place, one.name, one.value.text)
		} else {
			m.missing(one, "it is no text: write one")
		}
	}
	for _, one := range about.value.items {
		name, value, found := strings.Cut(one.text, "=")
		if !found || one.kind != scalar {
			m.missing(item{one.place, "", about.key, nil, true}, "one of its parts is not NAME=value: write it so")
			continue
		}
		add(one.place, name, value)
	}
	return all
}

// referring is the value of a variable with references in the place of those that it names.
func (m *importer) referring(about item, value string) string {
	return m.replaceVariables(value, func(one use) string {
		kept, inFile := m.dotenv.values[one.name]
		switch {
		case inFile && kept == "":
			return ""
		case inFile, slices.Contains(spec.PassedOn(), one.name):
		case one.given:
			m.changes(about, "%s is not in %s, so that its default holds: write ${env:%s} if the worker has it", one.name, dotenvName, one.name)
			return one.otherwise
		default:
			m.changes(about, "the worker has to have %s in its environment, or the start fails: process-compose takes its own, or nothing", one.name)
		}
		if one.form != "" {
			m.changes(about, "of %s only the value is put in: write what ${%s…} gives", one.name, one.name)
		}
		return "${env:" + one.name + "}"
	})
}

// whatRefers looks like a reference.
var whatRefers = regexp.MustCompile(`\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}`)

// writeEnvironment writes the variables, later ones in the place of earlier ones.
func (p *process) writeEnvironment() {
	for _, one := range p.settings {
		p.entry.set("env", one.name, word(one.value), one.about)
		for _, found := range whatRefers.FindAllStringSubmatch(one.value, -1) {
			if _, inFile := p.dotenv.values[found[1]]; inFile && !p.dotenvs {
				p.changes(one.about, "%s is in %s, which this process does not get: the worker has to have it in its environment", found[1], dotenvName)
			}
		}
	}
}
