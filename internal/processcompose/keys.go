package processcompose

// keys are those of a process, and what takes them.
var keys = map[string]func(*process, item){
	"command": (*process).takeCommand, "entrypoint": (*process).takeEntrypoint, "working_dir": (*process).takeDirectory,
	"description": (*process).takeDescription, "namespace": (*process).takeNamespace,
	"environment": nothing, "env_file": nothing, "vars": nothing, "depends_on": nothing, // taken before or after
	"readiness_probe": (*process).takeReadiness, "liveness_probe": (*process).takeLiveness, "ready_log_line": (*process).takeLogLine,
	"availability": (*process).takeAvailability, "shutdown": (*process).takeShutdown, "schedule": (*process).takeSchedule,
	"success_exit_codes": (*process).takeCodes, "log_configuration": (*process).takeLogs,
	"disabled": (*process).takeDisabled, "is_disabled": (*process).takeDisabled, "is_foreground": (*process).takeForeground,
	"replicas": (*process).takeReplicas, "extends": (*process).takeExtends,
	"is_dotenv_disabled": (*process).takeFlag, "is_template_disabled": (*process).takeFlag,
}

func nothing(*process, item) {}

func (p *process) takeDescription(about item) {
	text, _ := p.text(about)
	p.entry.set("", "description", word(text), about)
	p.maps(about, "description")
}

func (p *process) takeFlag(about item) { p.maps(about, "done so") }

func (p *process) takeReplicas(about item) {
	if p.replicas > 1 {
		p.maps(about, "one daemon each, with PC_REPLICA_NUM in its environment")
		return
	}
	if number, right := p.whole(about); !right || number < 0 {
		p.missing(about, "it is no whole number: there is one daemon")
		return
	}
	p.maps(about, "one daemon")
}

func (p *process) takeExtends(about item) {
	p.maps(about, "what that process says holds here too")
}

// takeDisabled leaves out what process-compose only starts by hand.
func (p *process) takeDisabled(about item) {
	if p.disabled {
		p.entry.set("", "disabled", yes(), about)
		p.changes(about, "disabled: it is left out, and cannot be started by hand: take the line away to have it")
		return
	}
	p.maps(about, "nothing to do")
}

// takeForeground leaves out what needs a terminal, which process-compose too only starts by hand.
func (p *process) takeForeground(about item) {
	if !truth(about.value.text) {
		p.maps(about, "nothing to do")
		return
	}
	if p.disabled {
		p.entry.set("", "disabled", yes(), about)
	}
	p.missing(about, "no daemon has a terminal, and none is started by hand: run it in a shell of your own, and take it out of the file")
}

// takeNamespace makes a word to list and filter by of a namespace.
func (p *process) takeNamespace(about item) {
	from := about
	if about.value.kind == list && len(about.value.items) > 0 {
		from.value = about.value.items[0]
	}
	name := categoryName(p.now(from, from.value.text))
	if name == "" || name == "default" {
		p.maps(about, "nothing to do")
		return
	}
	p.entry.set("", "category", word(name), about)
	p.changes(about, "category: %s, to list and filter by; what is started is said by up --only", name)
}
