package processcompose

import (
	"maps"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// without are the keys that have no counterpart, and what to do instead.
var without = map[string]string{
	"is_daemon":                 "a daemon's processes end when its command returns: let it stay in the foreground, as nginx does with -g 'daemon off;'",
	"launch_timeout_seconds":    "it is for what goes into the background: see is_daemon",
	"is_tty":                    "output goes to a file, not to a terminal: let the program flush its lines, as stdbuf -oL makes it do",
	"is_interactive":            "no daemon has a terminal: run it in a shell of your own, and take it out of the file",
	"is_elevated":               "a daemon runs as its worker does: write user: root, which a worker that is root can do",
	"log_location":              "the worker keeps the output: starter logs NAME -f shows it from any node",
	"disable_ansi_colors":       "the log keeps what is written: tell the program to write no colours",
	"truncate_log":              "logs are bounded by log.size and log.keep",
	"watch":                     "files are not watched: starter restart NAME after a change",
	"mcp":                       "there is no server for tools: call the program yourself",
	"monitor_for":               "starter status and its health tell how it is",
	"monitor_silence_threshold": "starter status and its health tell how it is",
	"send_keys":                 "no daemon has a terminal: choose a stop.signal that ends it",
	"name":                      "its name is the key above",
}

// withoutTop are those above the processes.
var withoutTop = map[string]string{
	"log_location":      "the worker keeps the output of each: starter logs NAME -f shows it from any node",
	"log_configuration": "write log.size and log.keep for a daemon",
	"log_level":         "it is about process-compose itself",
	"log_format":        "it is about process-compose itself",
	"log_length":        "it is about process-compose itself",
	"is_tui_disabled":   "it is about process-compose itself",
	"env_cmds":          "no variable is the output of a command: let the daemon's command set it, as in NAME=$(command)",
	"mcp_server":        "there is no server for tools",
}

// refuse tells of a key of a process, or of a part of one, that has no counterpart. Mapped are those that have one.
func (p *process) refuse(about item, mapped ...string) {
	if strings.HasPrefix(about.name, "x-") {
		p.maps(about, "nothing to do")
		return
	}
	_, known := without[about.name]
	if known && about.value.kind == scalar && !truth(about.value.text) && (about.value.tag == "!!bool" || about.value.text == "no") {
		p.maps(about, "nothing to do")
		return
	}
	p.missing(about, "%s", advice(about.name, without, mapped))
}

// advice is what to do instead of a key; one that nobody knows is perhaps misspelt.
func advice(name string, known map[string]string, mapped []string) string {
	if text, found := known[name]; found {
		return text
	}
	names := append(slices.Sorted(maps.Keys(known)), mapped...)
	if near := spec.Nearest(name, names); near != "" {
		return "unknown: did you mean " + near + "?"
	}
	return "unknown: this importer has no such key: look into docs/daemons.md for what is meant"
}
