package spec

import (
	"cmp"
	"fmt"
	"slices"
)

// checkAliases demands that every deprecated row says where to go, and that the way has an end.
func (r *Registry) checkAliases(faults *Faults) {
	for _, row := range r.rows {
		switch {
		case !row.Deprecated && row.Replacement != "":
			faults.add(row.Type, "replacement", row.Replacement, "is set on a row that is not deprecated", "remove it, or deprecate the row")
		case !row.Deprecated:
			continue
		case row.Replacement == "":
			faults.add(row.Type, "replacement", row.Replacement, "is missing on a deprecated row", "name the type that does its work now")
		default:
			r.checkReplacement(row, faults)
		}
		if row.Deprecated && row.DeprecatedMessage == "" {
			faults.add(row.Type, "deprecated_message", row.DeprecatedMessage, "is missing on a deprecated row", "say what to use instead")
		}
	}
}

// checkReplacement blames an alias for its own step only: a break further on is another row's fault.
func (r *Registry) checkReplacement(row Daemon, faults *Faults) {
	if _, found := r.index[row.Replacement]; !found {
		faults.add(row.Type, "replacement", row.Replacement, "is not in the registry", "name a type that is"+r.hint(row.Replacement))
	}
	if walk := r.replacements(row.Type); len(walk) > 1 && walk[len(walk)-1] == row.Type {
		faults.add(row.Type, "replacement", walk, "goes in a circle", "let one of them name a daemon that is not deprecated")
	}
}

// checkEdges judges every printed edge by itself.
func (r *Registry) checkEdges(faults *Faults) {
	for _, row := range r.rows {
		for i, dependency := range row.DependsOn {
			_, known := r.index[dependency]
			final, ends := r.final(dependency)
			switch {
			case dependency == row.Type:
				faults.add(row.Type, "depends_on", dependency, "is the row itself", "remove the edge")
			case slices.Contains(row.DependsOn[:i], dependency):
				faults.add(row.Type, "depends_on", dependency, "is named twice", "keep one")
			case !known:
				faults.add(row.Type, "depends_on", dependency, "is not in the registry", "remove the edge or name a type that is"+r.hint(dependency))
			case !ends && !row.Deprecated:
				faults.add(row.Type, "depends_on", dependency, "is an alias that ends nowhere", "mend the alias, or depend on a daemon")
			case final == row.Type && !row.Deprecated:
				faults.add(row.Type, "depends_on", dependency, "stands for the row itself", "remove the edge")
			}
		}
	}
}

// checkCycles walks the effective edges; every edge that leads back onto the walk closes a cycle.
func (r *Registry) checkCycles(faults *Faults) {
	done := make(map[Type]bool, len(r.rows))
	var walk path
	var visit func(Type)
	visit = func(t Type) {
		if at := slices.Index(walk, t); at >= 0 {
			cycle := append(slices.Clone(walk[at:]), t)
			faults.add(walk[len(walk)-1], "depends_on", cycle, "is a cycle", "remove one of its edges")
			return
		}
		if done[t] {
			return
		}
		walk = append(walk, t)
		for _, dependency := range r.edges(t) {
			visit(dependency)
		}
		walk = walk[:len(walk)-1]
		done[t] = true
	}
	for _, row := range r.rows {
		if !row.Deprecated {
			visit(row.Type)
		}
	}
}

// checkStartupOrder demands positions 0, 1, 2, … and none that contradicts an edge.
func (r *Registry) checkStartupOrder(faults *Faults) {
	rows := slices.DeleteFunc(slices.Clone(r.rows), func(d Daemon) bool { return d.StartupPosition < 0 })
	slices.SortStableFunc(rows, func(a, b Daemon) int { return cmp.Compare(a.StartupPosition, b.StartupPosition) })
	expected := 0
	for i, row := range rows {
		switch {
		case row.StartupPosition > expected:
			faults.add(row.Type, "startup_position", row.StartupPosition, fmt.Sprintf("leaves %d empty", expected), "number the order from 0 without gaps")
		case row.StartupPosition < expected:
			faults.add(row.Type, "startup_position", row.StartupPosition, "is also the position of "+string(rows[i-1].Type),
				"give each its own, or -1 to a row that is not in the order")
		}
		expected = row.StartupPosition + 1
		if !row.Deprecated {
			r.checkPosition(row, path{row.Type}, map[Type]bool{}, faults)
		}
	}
}

// checkPosition finds what a row needs but the startup order places after it. Types without a position
// are pulled in front, so what they need counts as needed by the row.
func (r *Registry) checkPosition(row Daemon, walk path, met map[Type]bool, faults *Faults) {
	for _, dependency := range r.edges(walk[len(walk)-1]) {
		if met[dependency] {
			continue
		}
		met[dependency] = true
		position, way := r.row(dependency).StartupPosition, append(slices.Clone(walk), dependency)
		switch {
		case position < 0:
			r.checkPosition(row, way, met, faults)
		case position > row.StartupPosition:
			faults.add(row.Type, "startup_position", row.StartupPosition,
				fmt.Sprintf("is before %d of a dependency (%s)", position, way), "move the dependency to the front or remove the edge")
		}
	}
}

// hint suggests the nearest type for one that is not in the table.
func (r *Registry) hint(t Type) string {
	if near := r.unknown(string(t)).Suggestion; near != "" {
		return ", as " + string(near)
	}
	return ""
}
