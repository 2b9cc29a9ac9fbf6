package processcompose

import (
	"fmt"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/strict"
)

// project takes the keys of a file: first those by which the others are read.
func (m *importer) project(top item) error {
	m.shell = []string{"bash", "-c"}
	if one, given := top.child("disable_env_expansion"); given && truth(one.value.text) {
		m.expand = false
		m.maps(one, "variables are left to the shell that runs a command")
	}
	for _, one := range top.children() {
		m.above(one)
	}
	if one, given := top.child("processes"); given {
		return m.allProcesses(one)
	}
	return fmt.Errorf("%s:1: processes: it is missing: it is no file of process-compose, or it has nothing to run", m.first.name)
}

// topKeys are the keys above the processes that have a counterpart.
var topKeys = []string{"processes", "environment", "vars", "shell", "disable_env_expansion", "extends", "version", "is_strict", "ordered_shutdown"}

// above takes one key above the processes.
func (m *importer) above(one item) {
	switch one.name {
	case "processes":
		m.changes(one, "a daemon gets %s of its worker and what its file says, nothing else of an environment: name what else it needs in env", strings.Join(spec.PassedOn(), ", "))
	case "environment":
		m.global = m.settings(one, "env of every daemon")
	case "vars":
		m.takeVars(one, m.vars)
	case "shell":
		m.takeShell(one)
	case "disable_env_expansion":
	case "extends":
		m.maps(one, "its processes are here too")
	case "version", "name":
		m.maps(one, "nothing to do")
	case "is_strict":
		m.maps(one, "a file of daemons is always read strictly")
	case "ordered_shutdown":
		m.maps(one, "daemons always stop before what they depend on")
	default:
		if strings.HasPrefix(one.name, "x-") {
			m.maps(one, "nothing to do")
			return
		}
		m.missing(one, "%s", advice(one.name, withoutTop, topKeys))
	}
}

// takeShell takes what runs commands.
func (m *importer) takeShell(about item) {
	for _, one := range about.children() {
		switch {
		case one.name == "shell_command" && one.value.kind == scalar:
			m.shell[0] = m.now(one, one.value.text)
			m.maps(one, "the first word of every command")
		case one.name == "shell_argument" && one.value.kind == scalar:
			m.shell[1] = m.now(one, one.value.text)
			m.maps(one, "the second word of every command")
		default:
			m.missing(one, "no command runs as another user by itself: write user")
		}
	}
}

// allProcesses takes every process, once it is known what others wait for.
func (m *importer) allProcesses(about item) error {
	if about.value.kind != mapping {
		return fmt.Errorf("%s:%d: processes: it is no mapping: write the name of each process below it", about.source.name, about.line)
	}
	for _, one := range about.children() {
		if one.value.kind != mapping {
			m.missing(one, "it has no keys: write them below it, at least command")
			continue
		}
		m.processes = append(m.processes, m.newProcess(about, one))
	}
	total := 0
	for _, p := range m.processes {
		if total += p.replicas; total > maxProcesses {
			return fmt.Errorf("%s:%d: %s: with it there are more than %d daemons: import fewer", p.about.source.name, p.about.line, p.about.key, maxProcesses)
		}
	}
	m.findOneShots()
	for _, p := range m.processes {
		if err := p.take(); err != nil {
			return err
		}
	}
	for _, p := range m.processes {
		p.takeEdges()
	}
	return nil
}

// entries are those that are made, in the order of their processes.
func (m *importer) entries() []*entry {
	var all []*entry
	for _, p := range m.processes {
		all = append(all, p.entries...)
	}
	return all
}

// shortName is a name for the key of a note.
func shortName(name string) string { return strict.Short(name) }
