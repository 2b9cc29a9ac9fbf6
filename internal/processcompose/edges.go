package processcompose

import "slices"

// The conditions, of which started is the default.
const (
	started   = "process_started"
	healthy   = "process_healthy"
	logReady  = "process_log_ready"
	completed = "process_completed"
	succeeded = "process_completed_successfully"
)

// edge is one dependency of a process.
type edge struct {
	about     item
	target    *process // nil if there is none of the name
	condition string
}

// edges are the dependencies of a process: a mapping with a condition each, or a list of names.
func (p *process) edges() []edge {
	about, given := p.about.child("depends_on")
	if !given {
		return nil
	}
	var all []edge
	add := func(one item, name, condition string) {
		at := slices.IndexFunc(p.processes, func(other *process) bool { return other.about.name == name })
		var target *process
		if at >= 0 {
			target = p.processes[at]
		}
		all = append(all, edge{one, target, condition})
	}
	for _, one := range about.value.items {
		add(item{one.place, one.text, about.key + "." + shortName(one.text), nil, false}, one.text, started)
	}
	for _, k := range about.value.keys {
		one := item{k.place, k.name, about.key + "." + shortName(k.name), k.value, false}
		condition := started
		if how, given := one.child("condition"); given {
			one.value, condition = how.value, how.value.text
		} else if k.value.kind == scalar && !k.value.null() {
			condition = k.value.text
		}
		add(one, k.name, condition)
	}
	return all
}

// findOneShots finds the processes whose end others wait for.
func (m *importer) findOneShots() {
	for _, p := range m.processes {
		for _, one := range p.edges() {
			ends := one.condition == completed || one.condition == succeeded
			if ends && one.target != nil && one.target.kind == service {
				one.target.kind = oneShot
			}
		}
	}
}

// takeEdges writes the dependencies, once all entries are there.
func (p *process) takeEdges() {
	var names []string
	for _, one := range p.edges() {
		switch {
		case one.target == nil:
			p.missing(one.about, "there is no such process: name one of the file")
		case len(one.target.entries) == 0:
			p.missing(one.about, "that process is left out: see what is told of it")
		case one.target.disabled && !p.disabled:
			p.missing(one.about, "that process is disabled: enable it, and add depends_on")
		default:
			p.judge(one)
			for _, target := range one.target.entries {
				if !slices.Contains(names, target.name) {
					names = append(names, target.name)
				}
			}
		}
	}
	for _, own := range p.entries {
		if len(names) > 0 {
			own.set("", "depends_on", words(names), p.about)
		}
	}
}

// judge tells what an edge means here: that the other one is ready.
func (p *process) judge(one edge) {
	t := one.target
	probed, logged := t.entries[0].has("readiness", "exec") || t.entries[0].has("readiness", "http"), t.entries[0].has("readiness", "log")
	switch {
	case one.condition == completed:
		p.changes(one.about, "depends_on: it waits for success, and process-compose for the end: name the exit codes that are fine in success_codes")
	case one.condition == succeeded && t.kind == scheduled:
		p.changes(one.about, "depends_on: a scheduled daemon is ready while it waits for its time: nobody waits for a run of it")
	case one.condition == succeeded:
		p.maps(one.about, "depends_on: it waits for success; if there is none it stays BLOCKED, where process-compose skips it")
	case t.kind == oneShot:
		p.changes(one.about, "depends_on: it waits until the one_shot has succeeded, as others do")
	case (one.condition == healthy || one.condition == logReady) && (probed || logged):
		p.maps(one.about, "depends_on: it waits until that is ready")
	case one.condition == healthy, one.condition == logReady:
		p.changes(one.about, "depends_on: nothing says when that is ready: it waits until it runs")
	case one.condition != started:
		p.changes(one.about, "depends_on: the condition is unknown: it waits until that is ready")
	case probed || logged:
		p.changes(one.about, "depends_on: it waits longer, until that is ready")
	default:
		p.maps(one.about, "depends_on: it waits until that runs")
	}
}
