package daemonfile

import (
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/strict"
)

// rules judges the keys of one entry against each other, and sets what depends on others.
func (d *decoder) rules(e *declared) {
	d.ruleCommand(e)
	d.ruleKind(e)
	d.ruleRestart(e)
	d.ruleAdopts(e)
	if e.Readiness != nil {
		d.ruleWay(e, "readiness", e.Readiness.Exec, readinessWays)
		d.ruleNoQuestion(e)
	}
	if e.Liveness != nil {
		d.ruleWay(e, "liveness", e.Liveness.Exec, livenessWays)
	}
	if len(e.Roles) > 0 && e.Scope != "node" {
		d.fault(e, "roles", "they choose among the nodes that have a copy: add scope: node, or remove them")
	}
}

// fault tells what is wrong with a key that is given, or missing.
func (d *decoder) fault(e *declared, name, fix string, arguments ...any) {
	d.faults.add(e.at(name), e.field(name), "", fix, arguments...)
}

func (d *decoder) ruleCommand(e *declared) {
	switch {
	case e.has("command") && e.has("shell"):
		d.fault(e, "shell", "there is a command already: keep one of them (in a later file, command: null removes it)")
	case e.has("shell"):
		e.Command = []string{"/bin/sh", "-c", e.Shell}
	case !e.has("command"):
		d.fault(e, "command", "it is missing: write command: [program, argument], or shell: a line for /bin/sh")
	case e.Command[0] == "":
		d.fault(e, "command", "the program has no name: write it first")
	}
}

// onlyFor are the keys that only some kinds of program have.
var onlyFor = []struct {
	kinds string // joined with or
	keys  []string
}{
	{"service", []string{"readiness", "liveness"}},
	{"scheduled", []string{"time_zone", "catch_up"}},
	{"one_shot or scheduled", []string{"run_timeout"}},
}

// ruleKind judges what only some kinds of program have.
func (d *decoder) ruleKind(e *declared) {
	if e.has("schedule") && !e.has("kind") {
		e.Kind = "scheduled"
	}
	if e.has("schedule") && e.Kind != "scheduled" {
		d.fault(e, "kind", "it has a schedule: write kind: scheduled, or remove the schedule")
		return
	}
	if e.Kind == "scheduled" && !e.has("schedule") {
		d.fault(e, "schedule", "it is missing: say when it runs, as in schedule: \"*/5 * * * *\"")
		return
	}
	for _, only := range onlyFor {
		for _, name := range only.keys {
			if e.has(name) && !slices.Contains(strings.Split(only.kinds, " or "), e.Kind) {
				d.fault(e, name, "it is for kind: %s, and this one is %s: remove it", only.kinds, e.Kind)
			}
		}
	}
	if e.Kind == "one_shot" && !e.has("ready_within") {
		e.ReadyWithin = time.Hour
		if e.RunTimeout > 0 {
			e.ReadyWithin = e.RunTimeout
		}
	} else if !e.has("ready_within") {
		e.ReadyWithin = time.Minute
	}
}

func (d *decoder) ruleRestart(e *declared) {
	if e.Restart.Policy == "" {
		e.Restart.Policy = "on_failure"
		if e.Kind == "service" {
			e.Restart.Policy = "always"
		}
	}
	if e.Restart.Policy == "always" && e.Kind != "service" {
		d.fault(e, "restart.policy", "always is for kind: service, and this one is %s: use on_failure or no", e.Kind)
	}
	if first, longest := e.Restart.FirstDelay, e.Restart.MaxDelay; first > longest {
		name := "restart.max_delay"
		if !e.has(name) {
			name = "restart.first_delay"
		}
		d.fault(e, name, "the first delay (%s) is above the longest (%s): change one", strict.Duration(first), strict.Duration(longest))
	}
}

// ofTheRow are the keys that an adopted row of the registry has its own of.
var ofTheRow = []string{"depends_on", "health_check_interval", "restart", "scope", "roles", "category", "critical"}

func (d *decoder) ruleAdopts(e *declared) {
	if !e.has("adopts") {
		return
	}
	for _, name := range ofTheRow {
		if e.has(name) {
			d.fault(e, name, "it is that of the row %s, which this daemon adopts: remove it", e.Adopts)
		}
	}
}

// The ways to ask, of which there is exactly one, and the keys that say how to ask.
var (
	readinessWays = []string{"exec", "http", "tcp", "log", "descriptor"}
	livenessWays  = []string{"exec", "http", "tcp"}
	howToAsk      = []string{"delay", "interval", "timeout", "success_threshold"}
)

// ruleWay demands one way to ask.
func (d *decoder) ruleWay(e *declared, section string, exec, ways []string) {
	var given []string
	for _, way := range ways {
		if e.has(below(section, way)) {
			given = append(given, way)
		}
	}
	switch {
	case len(given) == 0:
		d.fault(e, section, "it does not say how to ask: add one of %s", strings.Join(ways, ", "))
	case len(given) > 1:
		d.fault(e, below(section, given[1]), "there is %s already: keep one of %s", given[0], strings.Join(given, ", "))
	case len(exec) > 0 && exec[0] == "":
		d.fault(e, below(section, "exec"), "the program has no name: write it first")
	}
}

// ruleNoQuestion refuses how to ask where nothing is asked.
func (d *decoder) ruleNoQuestion(e *declared) {
	way := "log"
	if e.has("readiness.descriptor") {
		way = "descriptor"
	} else if !e.has("readiness.log") {
		return
	}
	for _, name := range howToAsk {
		if e.has(below("readiness", name)) {
			d.fault(e, below("readiness", name), "with %s nothing is asked: remove it; ready_within says how long to wait", way)
		}
	}
}
