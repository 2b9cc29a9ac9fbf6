package processcompose

import "regexp"

// answers is how a probe asks, with what process-compose takes where nothing is said. All but the counts are seconds.
type answers struct {
	delay, period, timeout, success, failure int
	from                                     map[string]item // what says so
}

// of is what says a number of the probe: its key, or the probe.
func (a answers) of(name string, probe item) item {
	if one, given := a.from[name]; given {
		return one
	}
	return probe
}

// takeReadiness takes a readiness probe, which process-compose goes on asking: unless there is a liveness probe, it is
// that too.
func (p *process) takeReadiness(about item) {
	if !p.probes(about) {
		return
	}
	how, right := p.ask(about, "readiness")
	if !right {
		return
	}
	within := seconds(how.delay + how.failure*(how.period+how.timeout))
	p.entry.set("", "ready_within", within, how.of("failure_threshold", about))
	p.entry.set("readiness", "success_threshold", number(how.success), how.of("success_threshold", about))
	if _, given := p.about.child("liveness_probe"); given {
		p.changes(about, "readiness, within %s (ready_within); once it is ready, only liveness_probe is asked", within.Value)
		return
	}
	p.silently(func() string { p.ask(about, "liveness"); return "" })
	p.entry.set("liveness", "failure_threshold", number(how.failure), how.of("failure_threshold", about))
	p.changes(about, "readiness, within %s (ready_within), and then liveness, as process-compose goes on asking; bad answers in the first minute are not held against it (startup_grace)", within.Value)
}

// takeLiveness takes a liveness probe, which process-compose only heeds for what runs in the background.
func (p *process) takeLiveness(about item) {
	if !p.probes(about) {
		return
	}
	if how, right := p.ask(about, "liveness"); right {
		p.entry.set("liveness", "failure_threshold", number(how.failure), how.of("failure_threshold", about))
		p.changes(about, "liveness: it is restarted if it does not answer, where process-compose only heeds this with is_daemon; bad answers in the first minute are not held against it (startup_grace)")
	}
}

// probes says whether anything is asked of the process.
func (p *process) probes(about item) bool {
	if p.kind != service {
		p.missing(about, "nothing is asked of a %s daemon: it is ready when %s", p.kind, map[string]string{oneShot: "it has succeeded", scheduled: "it waits for its time"}[p.kind])
		return false
	}
	return true
}

// ask takes the keys of a probe into a section; false if it asks nothing.
func (p *process) ask(about item, section string) (how answers, right bool) {
	how = answers{period: 10, timeout: 1, success: 1, failure: 3, from: map[string]item{}}
	counts := map[string]*int{"initial_delay_seconds": &how.delay, "period_seconds": &how.period, "timeout_seconds": &how.timeout, "success_threshold": &how.success, "failure_threshold": &how.failure}
	for _, one := range about.children() {
		count, known := counts[one.name]
		switch {
		case one.name == "exec":
			right = p.askCommand(one, section) || right
		case one.name == "http_get" || one.name == "http":
			right = p.askHTTP(one, section) || right
		case !known:
			p.missing(one, "use exec with a command that asks: %s", "there are exec, http and tcp here")
		default:
			p.count(one, section, count)
			how.from[one.name] = one
		}
	}
	if !right {
		p.missing(about, "it asks nothing that is known: add exec or http_get")
		return how, false
	}
	p.entry.set(section, "delay", seconds(how.delay), how.of("initial_delay_seconds", about))
	p.entry.set(section, "interval", seconds(how.period), how.of("period_seconds", about))
	p.entry.set(section, "timeout", seconds(how.timeout), how.of("timeout_seconds", about))
	return how, true
}

// count takes a number of a probe; where there is none, or too small a one, process-compose has its own.
func (p *process) count(one item, section string, into *int) {
	value, right := p.whole(one)
	if !right || value < 1 && one.name != "initial_delay_seconds" || value < 0 || value > 1_000_000 {
		p.missing(one, "it is no number that process-compose takes: it has %d", *into)
		return
	}
	*into = value
	names := map[string]string{"initial_delay_seconds": "delay", "period_seconds": "interval", "timeout_seconds": "timeout", "success_threshold": "success_threshold", "failure_threshold": "failure_threshold"}
	switch {
	case one.name == "failure_threshold" && section == "readiness":
		p.maps(one, "ready_within")
	case one.name == "success_threshold" && section == "liveness":
		p.maps(one, "nothing to do")
	case one.name == "success_threshold" && value > 1:
		p.changes(one, "readiness.success_threshold: it counts, where process-compose does not heed it")
	default:
		p.maps(one, "%s.%s", section, names[one.name])
	}
}

// takeLogLine takes a part of a line of output.
func (p *process) takeLogLine(about item) {
	if !p.probes(about) {
		return
	}
	if _, given := p.about.child("readiness_probe"); given {
		p.missing(about, "there is a readiness_probe: keep one of them")
		return
	}
	line, _ := p.text(about)
	p.entry.set("readiness", "log", word(regexp.QuoteMeta(line)), about)
	p.changes(about, "readiness.log; a start that does not write it within 1m has failed (ready_within), and process-compose waits without end")
}
