package processcompose

import (
	"cmp"
	"net"
	"path/filepath"
	"strconv"
	"strings"
)

// askCommand takes a question to a command; false if there is none.
func (p *process) askCommand(about item, section string) bool {
	command, given := about.child("command")
	if !given || command.value.kind != scalar {
		p.missing(about, "it has no command: write one")
		return false
	}
	line, right := p.render(command, p.forShell(command, command.value.text))
	if !right {
		return false
	}
	if folder, given := about.child("working_dir"); given {
		line = "cd '" + strings.ReplaceAll(p.probeFolder(folder), "'", `'\''`) + "' && { " + line + "\n}"
		p.maps(folder, "a cd before the command")
	}
	p.entry.set(section, "exec", words(append(p.shellWords(), line)), command)
	p.maps(command, "%s.exec, run by %s", section, strings.Join(p.shell, " "))
	return true
}

// probeFolder is where a probe asks, as seen from where the process runs.
func (p *process) probeFolder(about item) string {
	text, _ := p.text(about)
	if filepath.IsAbs(text) {
		return text
	}
	absolute := from(about.value.source.folder, text)
	below, err := filepath.Rel(p.folder(), absolute)
	if err != nil {
		return absolute
	}
	return below
}

// askHTTP takes a question over HTTP.
func (p *process) askHTTP(about item, section string) bool {
	parts := map[string]string{"scheme": "http", "host": "127.0.0.1", "path": "/", "port": "", "num_port": ""}
	for _, one := range about.children() {
		_, known := parts[one.name]
		switch {
		case known && one.value.kind == scalar:
			text, _ := p.text(one)
			parts[one.name] = cmp.Or(strings.TrimSpace(text), parts[one.name])
		case one.name == "status_code" && one.value.text == "200", one.name == "method" && strings.EqualFold(one.value.text, "GET"):
		default:
			p.missing(one, "an http question is a plain GET, and any answer from 200 to 399 is good: ask by exec, with curl")
		}
	}
	host := strings.Trim(parts["host"], "[]")
	if port, err := strconv.Atoi(parts["num_port"] + parts["port"]); err == nil && port > 0 {
		host = net.JoinHostPort(host, strconv.Itoa(port))
	}
	address := strings.ToLower(parts["scheme"]) + "://" + host + "/" + strings.TrimPrefix(parts["path"], "/")
	p.entry.set(section, "http", word(address), about)
	p.changes(about, "%s.http: %s; any answer from 200 to 399 is good, and only 200 to process-compose", section, address)
	return true
}
