// Package daemons is the list of every daemon this build knows.
//
//	order.go      all types in the reference's order, and its startup order
//	planned.go    the rows that nobody has written yet
//	aliases.go    the deprecated names and what replaces them
//	catalog.go    the daemons that have an implementation, one line each
//	registry.go   one validated table of these and of the daemons that have an implementation
//
// A daemon with an implementation declares its own row in its own package, below the folder of its
// category.
package daemons

import (
	"errors"
	"slices"

	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Registry builds the table from the daemons that are available in this build, the planned rows and
// the aliases, in the order of the reference; daemons that the reference does not know come last. The
// error is a spec.Faults with everything that is wrong.
func Registry(available []host.Declaration) (*spec.Registry, error) {
	rows, faults := collect(available)
	registry, err := spec.NewRegistry(arrange(rows))
	var invalid spec.Faults
	if errors.As(err, &invalid) {
		faults = append(faults, invalid...)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return registry, err
}

// collect puts the three lists together. A type that is declared and also planned or an alias is a fault.
func collect(available []host.Declaration) (rows []spec.Daemon, faults spec.Faults) {
	declared := make(map[spec.Type]bool, len(available))
	for _, declaration := range available {
		row := declaration.Spec
		row.Status = spec.StatusAvailable
		declared[row.Type] = true
		rows = append(rows, row)
	}
	for _, row := range slices.Concat(planned(), aliases()) {
		if declared[row.Type] {
			faults = append(faults, spec.Fault{
				Daemon: row.Type, Field: "status", Value: string(row.Status),
				Problem: "contradicts its declaration", Fix: "delete its row from planned.go or aliases.go",
			})
			continue
		}
		row.StartupPosition = slices.Index(startupOrder(), row.Type)
		rows = append(rows, row)
	}
	return rows, append(faults, absent(rows)...)
}

// absent blames every type of the reference that is neither declared nor planned nor an alias.
func absent(rows []spec.Daemon) (faults spec.Faults) {
	for _, t := range referenceOrder() {
		if !slices.ContainsFunc(rows, func(d spec.Daemon) bool { return d.Type == t }) {
			faults = append(faults, spec.Fault{
				Daemon: t, Field: "type", Value: string(t),
				Problem: "has no row", Fix: "declare the daemon in the catalog or put its row back into planned.go",
			})
		}
	}
	return faults
}

// arrange sorts the rows in the order of the reference.
func arrange(rows []spec.Daemon) []spec.Daemon {
	reference := referenceOrder()
	place := func(t spec.Type) int {
		if i := slices.Index(reference, t); i >= 0 {
			return i
		}
		return len(reference)
	}
	slices.SortStableFunc(rows, func(a, b spec.Daemon) int { return place(a.Type) - place(b.Type) })
	return rows
}
