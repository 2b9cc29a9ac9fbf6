package processcompose

import (
	"path/filepath"
	"strings"
)

// takeCommand runs a command with the shell that process-compose runs it with.
func (p *process) takeCommand(about item) {
	if about.value.kind != scalar {
		p.missing(about, "it is no text: write the line that a shell runs, or entrypoint")
		return
	}
	line, right := p.render(about, p.forShell(about, about.value.text))
	if !right {
		return
	}
	if strings.TrimSpace(line) == "" {
		p.missing(about, "there is nothing to run: write a line")
		return
	}
	p.entry.set("", "command", words(append(p.shellWords(), line)), about)
	p.maps(about, "command, run by %s", strings.Join(p.shell, " "))
}

func (p *process) shellWords() []string { return []string{p.shell[0], p.shell[1]} }

// takeEntrypoint runs a program without a shell, unless one has to put variables in.
func (p *process) takeEntrypoint(about item) {
	if _, given := p.about.child("command"); given {
		p.missing(about, "there is a command, and process-compose runs that: take one away")
		return
	}
	var list, quoted []string
	var used []use
	for _, one := range about.value.items {
		list = append(list, one.text)
		quoted = append(quoted, quotedWord(one.text))
		used = append(used, uses(one.text)...)
	}
	switch {
	case len(list) == 0:
		p.missing(about, "it is no list: write the program and its arguments")
	case p.expand && len(used) > 0:
		for _, one := range used {
			p.passOn(about, "", one)
		}
		p.entry.set("", "command", words([]string{"bash", "-c", "exec " + strings.Join(quoted, " ")}), about)
		p.maps(about, "command, by way of bash, which puts the variables in")
	default:
		for i, text := range list {
			list[i] = p.replaceVariables(text, func(use) string { return "" }) // there are none but $$
		}
		p.entry.set("", "command", words(list), about)
		p.maps(about, "command")
	}
}

func (p *process) takeDirectory(about item) {
	p.directory(about, p.folder())
	p.maps(about, "directory")
}

// directory is where the process runs, an absolute path.
func (p *process) directory(about item, absolute string) {
	if absolute != p.Folder { // where a daemon runs anyway
		p.entry.set("", "directory", word(p.path(absolute)), about)
	}
}

// path is an absolute path as the file of daemons has it: from its own folder if that is the source's, too.
func (p *process) path(absolute string) string {
	if p.Folder != p.first.folder {
		return absolute
	}
	if below, err := filepath.Rel(p.Folder, absolute); err == nil && filepath.IsLocal(below) {
		return below
	}
	return absolute
}

// folder is where the process runs, an absolute path.
func (p *process) folder() string {
	if one, given := p.about.child("working_dir"); given {
		text, _ := p.text(one)
		return from(one.value.source.folder, text)
	}
	return p.about.source.folder
}
