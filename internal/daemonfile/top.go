package daemonfile

import (
	"regexp"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/strict"
)

// topKeys are those of a file.
var topKeys = []string{"version", "include", "daemons"}

// top reads the keys of the merged documents and returns their entries in the order of their names.
func (d *decoder) top(top *node, first place) []*declared {
	for _, k := range top.keys {
		switch {
		case k.name == "version":
			if k.value.tag != "!!int" || k.value.text != "1" {
				d.faults.add(k.place, "version", k.value.shown(), "write version: 1, the only one that there is")
			}
		case k.name == "daemons", strings.HasPrefix(k.name, "x-"):
		default:
			fix := "unknown: there are " + strings.Join(topKeys, ", ") + ", and x-… for anchors"
			if near := spec.Nearest(k.name, topKeys); near != "" {
				fix = "unknown: did you mean " + near + "?"
			}
			d.faults.add(k.place, strict.Short(k.name), "", "%s", fix)
		}
	}
	if top.find("version") < 0 {
		d.faults.add(first, "version", "", "it is missing: begin with version: 1")
	}
	at := top.find("daemons")
	if at < 0 || top.keys[at].value.null() {
		return nil
	}
	return d.entries(top.keys[at])
}

// entryName is what names of daemons look like: such that their type is one.
var entryName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([_-][A-Za-z0-9]+)*$`)

const maxName = 64

func (d *decoder) entries(daemons key) []*declared {
	if daemons.value.kind != mapping {
		d.faults.add(daemons.place, "daemons", daemons.value.shown(), "write the name of each daemon below it, and its keys below that")
		return nil
	}
	byName := map[string]*declared{}
	for _, k := range daemons.value.keys {
		field := below("daemons", strict.Short(k.name))
		switch {
		case !entryName.MatchString(k.name) || len(k.name) > maxName:
			d.faults.add(k.place, field, "", "it is no name of a daemon: use letters, digits, and single - or _ between them, a letter first, at most %d", maxName)
		case k.value.null():
			d.faults.add(k.place, field, "nothing", "write its keys below it, at least command; null only takes away a daemon of an earlier file")
		default:
			byName[k.name] = d.entry(k)
		}
	}
	var entries []*declared
	for _, name := range sorted(byName) {
		entries = append(entries, byName[name])
	}
	return entries
}
