package processcompose

import (
	"maps"
	"slices"
	"strconv"
)

// The kinds of a daemon.
const (
	service   = "service"
	oneShot   = "one_shot"
	scheduled = "scheduled"
)

// process is one process of the source, and what becomes of it.
type process struct {
	*importer
	about    item
	replicas int
	kind     string
	disabled bool
	dotenvs  bool // it gets the variables of the .env files
	entries  []*entry

	// of the replica that is being made
	entry     *entry
	vars      map[string]any
	templates bool
	settings  []setting // environment, later ones win
}

// newProcess finds out what has to be known of a process before the others are looked at.
func (m *importer) newProcess(all, about item) *process {
	if base, given := about.child("extends"); given && base.value.kind == scalar {
		if below, found := all.child(base.value.text); found && below.value.kind == mapping && below.name != about.name {
			about.value = overlay("", below.value, about.value)
		}
	}
	p := &process{importer: m, about: about, replicas: 1, kind: service, dotenvs: true, templates: true}
	if one, given := about.child("replicas"); given {
		if number, right := p.whole(one); right && number > 1 {
			p.replicas = min(number, maxProcesses+1)
		}
	}
	for _, name := range []string{"is_foreground", "disabled", "is_disabled"} { // the last wins
		if one, given := about.child(name); given {
			p.disabled = truth(m.silently(func() string { return m.now(one, one.value.text) }))
		}
	}
	for name, field := range map[string]*bool{"is_dotenv_disabled": &p.dotenvs, "is_template_disabled": &p.templates} {
		if one, given := about.child(name); given && truth(one.value.text) {
			*field = false
		}
	}
	if one, given := about.child("schedule"); given {
		_, cron := one.child("cron")
		_, interval := one.child("interval")
		if cron || interval {
			p.kind = scheduled
		}
	}
	return p
}

// silently does what notes are told of elsewhere.
func (m *importer) silently(do func() string) string {
	before := m.quiet
	m.quiet = true
	defer func() { m.quiet = before }()
	return do()
}

// take makes the entries of a process, one for each replica.
func (p *process) take() error {
	for number := range p.replicas {
		p.quiet = number > 0
		if err := p.takeReplica(number); err != nil {
			return err
		}
	}
	p.quiet = false
	return nil
}

func (p *process) takeReplica(number int) error {
	p.entry = &entry{name: p.entryName(number)}
	p.vars = maps.Clone(p.importer.vars)
	if one, given := p.about.child("vars"); given {
		p.takeVars(one, p.vars)
	}
	p.vars["PC_REPLICA_NUM"] = number

	p.takeEnvironment(number)
	before := len(p.notes)
	for _, one := range p.about.children() {
		if take, known := keys[one.name]; known {
			take(p, one)
		} else {
			p.refuse(one, slices.Sorted(maps.Keys(keys))...)
		}
	}
	p.complete()
	fits, err := p.fit()
	if fits {
		p.entries = append(p.entries, p.entry)
		p.introduce(before)
	}
	return err
}

// introduce tells what the process becomes, before what is told of its keys.
func (p *process) introduce(before int) {
	as := map[string]string{
		service: "a service", scheduled: "scheduled",
		oneShot: "a one_shot, as others wait for its end: it has to succeed within 1h, or its start has failed (ready_within)",
	}[p.kind]
	verdict, what := Maps, "daemon "+p.entry.name+", "+as
	if p.replicas > 1 {
		what = strconv.Itoa(p.replicas) + " daemons, from " + p.entry.name + " on, " + as
	} else if p.entry.name != p.about.name {
		verdict, what = Changes, what+": its name is no name of a daemon, or is taken"
	}
	told := slices.Clone(p.notes[min(before, len(p.notes)):])
	p.notes = p.notes[:min(before, len(p.notes))]
	p.tell(p.about, verdict, "%s", what)
	p.notes = append(p.notes, told...)
}

// complete adds what holds without being said.
func (p *process) complete() {
	if p.kind == oneShot {
		p.entry.set("", "kind", word(oneShot), p.about)
	}
	if _, given := p.about.child("availability"); !given && p.kind != scheduled {
		p.entry.set("restart", "policy", word("no"), p.about)
	}
	if _, given := p.about.child("working_dir"); !given {
		p.directory(p.about, p.about.source.folder)
	}
	p.writeEnvironment()
}
