package processcompose

import "strconv"

// endless is how many restarts in a row stand for no limit: the most that there can be.
const endless = 1000

// takeAvailability takes what happens after the end of a process.
func (p *process) takeAvailability(about item) {
	if p.kind == scheduled {
		p.changes(about, "a run that fails is not tried again before its next time")
		return
	}
	policy := "no"
	pause, limit, from := 1, 0, about
	for _, one := range about.children() {
		switch one.name {
		case "restart":
			policy, from = p.policy(one), one
		case "backoff_seconds":
			pause = p.atLeast(one, 1, pause)
		case "max_restarts":
			limit = p.atLeast(one, 0, limit)
		case "exit_on_end", "exit_on_skipped":
			p.missing(one, "no daemon ends the others: run `starter down` when it is over")
		default:
			p.refuse(one, "restart", "backoff_seconds", "max_restarts")
		}
	}
	p.entry.set("restart", "policy", word(policy), from)
	if policy != "no" {
		p.pauses(about, pause, limit)
	}
}

// policy is when the process is restarted.
func (p *process) policy(one item) string {
	value := p.now(one, one.value.text)
	switch value {
	case "always", "on_failure":
		if value == "always" && p.kind == oneShot {
			p.changes(one, "restart.policy: on_failure, as others wait for its end")
			return "on_failure"
		}
		p.maps(one, "restart.policy")
		return value
	case "exit_on_failure":
		p.changes(one, "restart.policy: no: its failure does not end the others; what depends on it stays BLOCKED")
	case "no":
		p.maps(one, "restart.policy")
	default:
		p.missing(one, "there are always, on_failure, exit_on_failure and no: it is not restarted")
	}
	return "no"
}

// pauses writes how long restarts wait, which is always the same to process-compose, and how many there are.
func (p *process) pauses(about item, pause, limit int) {
	from, given := about.child("backoff_seconds")
	if given {
		p.maps(from, "restart.first_delay and max_delay, as the wait does not grow")
	} else {
		from = about
	}
	p.entry.set("restart", "first_delay", seconds(pause), from)
	p.entry.set("restart", "max_delay", seconds(pause), from)
	if one, given := about.child("max_restarts"); given && limit > 0 {
		p.entry.set("restart", "max_restarts", number(limit), one)
		p.changes(one, "restart.max_restarts: after them it is tried every 30m (retry_every), and process-compose gives up")
		return
	}
	p.entry.set("restart", "max_restarts", number(endless), about)
	p.entry.set("restart", "retry_every", seconds(pause), about)
	about.value = nil
	p.maps(about, "without max_restarts it is restarted without end: %d times in a row, and then every %s (retry_every)", endless, seconds(pause).Value)
}

// whole reads a whole number, which may be a variable or a template.
func (p *process) whole(one item) (int, bool) {
	if one.value.kind != scalar {
		return 0, false
	}
	text, _ := p.text(one)
	value, err := strconv.Atoi(text)
	return value, err == nil
}

// atLeast is a number, or what holds without it.
func (p *process) atLeast(one item, least, otherwise int) int {
	value, right := p.whole(one)
	if !right || value < least {
		p.missing(one, "it is no whole number from %d on: it has %d", least, otherwise)
		return otherwise
	}
	return value
}
