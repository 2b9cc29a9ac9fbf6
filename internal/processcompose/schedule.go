package processcompose

// takeSchedule takes the times at which a process runs.
func (p *process) takeSchedule(about item) {
	cron, hasCron := about.child("cron")
	_, hasZone := about.child("timezone")
	for _, one := range about.children() {
		switch {
		case one.name == "cron":
			p.entry.set("", "schedule", word(p.now(one, one.value.text)), one)
			p.maps(one, "schedule")
		case one.name == "interval" && hasCron:
			p.missing(one, "there is cron, and process-compose goes by that: take one away")
		case one.name == "interval":
			p.entry.set("", "schedule", word("@every "+p.now(one, one.value.text)), one)
			p.maps(one, "schedule")
		case one.name == "timezone" && hasCron:
			p.entry.set("", "time_zone", word(p.now(one, one.value.text)), one)
			p.maps(one, "time_zone")
		case one.name == "timezone":
			p.maps(one, "nothing to do: an interval has no zone")
		case one.name == "run_on_start" && !truth(one.value.text):
			p.maps(one, "nothing to do")
		case one.name == "run_on_start":
			p.missing(one, "it runs at its times only: add a one_shot that runs the same; catch_up makes up for missed runs")
		case one.name == "max_concurrent" && one.value.text == "1":
			p.maps(one, "a daemon never runs twice at once")
		case one.name == "max_concurrent":
			p.missing(one, "a daemon never runs twice at once: times that pass while it runs are left out")
		default:
			p.refuse(one, "cron", "interval", "timezone", "run_on_start")
		}
	}
	if hasCron && !hasZone {
		p.changes(cron, "process-compose means the zone of its machine, and here it is UTC: add time_zone")
	}
}
