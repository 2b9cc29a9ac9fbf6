package daemonfile

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ringrift/orchestrator/internal/spec"
)

// Rows returns the rows of the file's daemons, complete, for a registry that they are not in yet. The error is a
// *Faults: edges that lead nowhere or in a circle, types that the registry has itself, rows that cannot be adopted.
func (f *File) Rows(registry *spec.Registry) ([]spec.Daemon, error) {
	var faults Faults
	rows := f.rows(registry, &faults)
	if err := faults.err(); err != nil {
		return nil, err
	}
	return rows, nil
}

// rows makes the rows and looks at them as a whole, unless there are faults: their consequences are not told.
func (f *File) rows(registry *spec.Registry, faults *Faults) []spec.Daemon {
	var rows []spec.Daemon
	for _, e := range f.entries {
		switch {
		case e.Disabled:
		case e.faulty:
			f.edges(e, registry, faults)
		default:
			rows = append(rows, f.rowOf(e, registry, faults))
		}
	}
	if len(faults.List) == 0 {
		f.check(registry, rows, faults)
	}
	return rows
}

func (f *File) rowOf(e *declared, registry *spec.Registry, faults *Faults) spec.Daemon {
	edges := f.edges(e, registry, faults)
	row, known := registry.Get(e.daemonType())
	switch {
	case !e.has("adopts") && !known:
		return e.complete(e.row(edges))
	case !e.has("adopts") && row.Status == spec.StatusPlanned:
		faults.add(e.place, e.field(""), "", "%s is a planned row of the registry: write adopts: %s to stand in for it, or choose another name", row.Type, row.Type)
	case !e.has("adopts"):
		faults.add(e.place, e.field(""), "", "%s is a type of the registry: choose another name", row.Type)
	case !known:
		faults.add(e.at("adopts"), e.field("adopts"), e.Adopts, "unknown: %s", adoptable(e.daemonType(), registry))
	case row.Status == spec.StatusAvailable:
		faults.add(e.at("adopts"), e.field("adopts"), e.Adopts, "this build has the daemon itself, and only planned rows can be adopted: remove the entry")
	case row.Status != spec.StatusPlanned:
		faults.add(e.at("adopts"), e.field("adopts"), e.Adopts, "it is %s, and only planned rows can be adopted: %s", row.Status, adoptable(e.daemonType(), registry))
	}
	return e.complete(row)
}

// adoptable says what can be adopted.
func adoptable(wanted spec.Type, registry *spec.Registry) string {
	planned := slices.DeleteFunc(registry.All(), func(d spec.Daemon) bool { return d.Status != spec.StatusPlanned })
	types := make([]spec.Type, len(planned))
	for i, row := range planned {
		types[i] = row.Type
	}
	if near := spec.Nearest(wanted, types); near != "" {
		return "did you mean " + string(near) + "?"
	}
	return "remove it, or name a planned row (starter list --all)"
}

// check tells what is wrong with the table as a whole, where it is written.
func (f *File) check(registry *spec.Registry, rows []spec.Daemon, faults *Faults) {
	_, err := Compose(registry, rows)
	var found spec.Faults
	if !errors.As(err, &found) {
		return
	}
	for _, fault := range found {
		at, field := f.first, string(fault.Daemon)+"."+fault.Field
		for _, e := range f.entries {
			if e.daemonType() == fault.Daemon && !e.Disabled {
				at, field = e.at(fault.Field), e.field(fault.Field)
			}
		}
		faults.add(at, field, fault.Value, "it %s: %s", fault.Problem, fault.Fix)
	}
}

// Compose returns the registry with command daemons in it: those of a type that it has in the place of that row, the others
// at the end. The table is validated as a whole; the error is a spec.Faults.
func Compose(registry *spec.Registry, rows []spec.Daemon) (*spec.Registry, error) {
	all := registry.All()
	for _, row := range rows {
		at := slices.IndexFunc(all, func(d spec.Daemon) bool { return d.Type == row.Type })
		if at < 0 {
			all = append(all, row)
			continue
		}
		all[at] = row
	}
	return spec.NewRegistry(all)
}

// where says where an entry is written.
func (d *declared) where() string { return fmt.Sprintf("%s:%d", d.file.name, d.line) }
