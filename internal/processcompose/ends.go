package processcompose

// signals are those that a daemon can be stopped by, by their numbers.
var signals = map[int]string{
	1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 6: "SIGABRT", 9: "SIGKILL", 10: "SIGUSR1", 12: "SIGUSR2", 15: "SIGTERM", 28: "SIGWINCH",
}

// takeShutdown takes how a process is stopped.
func (p *process) takeShutdown(about item) {
	for _, one := range about.children() {
		switch one.name {
		case "signal":
			p.takeSignal(one)
		case "timeout_seconds":
			if value, right := p.whole(one); right && value > 0 {
				p.entry.set("stop", "timeout", seconds(value), one)
				p.maps(one, "stop.timeout")
			} else {
				p.missing(one, "it is no number that process-compose takes: it has 10")
			}
		case "command":
			p.missing(one, "nothing is run to stop a daemon: it gets stop.signal, and is killed after stop.timeout. Choose a signal that ends it, or run it by a script that traps SIGTERM and does this")
		case "parent_only":
			if truth(one.value.text) {
				p.missing(one, "every process of a daemon gets the signal: let those that are not to hear it ignore it")
			} else {
				p.maps(one, "nothing to do")
			}
		default:
			p.refuse(one, "signal", "timeout_seconds")
		}
	}
}

func (p *process) takeSignal(one item) {
	value, right := p.whole(one)
	name, known := signals[value]
	if !right || !known {
		p.missing(one, "no daemon is stopped by it: it gets SIGTERM; docs/daemons.md has the others")
		return
	}
	p.entry.set("stop", "signal", word(name), one)
	p.maps(one, "stop.signal: %s", name)
}

// takeCodes takes the exit codes that mean success beside 0.
func (p *process) takeCodes(about item) {
	codes := []int{0}
	for _, one := range about.value.items {
		code, right := p.whole(item{one.place, about.name, about.key, one, false})
		if !right {
			p.missing(about, "one of them is no number: write numbers from 0 to 255")
			return
		}
		if code != 0 {
			codes = append(codes, code)
		}
	}
	p.entry.set("", "success_codes", numbers(codes), about)
	p.maps(about, "success_codes")
}
