package spec

import (
	"cmp"
	"slices"
)

// Dependencies returns what a type needs directly, in startup order.
func (r *Registry) Dependencies(t Type) []Type {
	final, _ := r.final(t)
	return slices.Clone(r.needs[final])
}

// Dependents returns what needs a type directly, in startup order.
func (r *Registry) Dependents(t Type) []Type {
	final, _ := r.final(t)
	return slices.Clone(r.neededBy[final])
}

// Missing returns the dependencies that keep a type from starting while only the given types run.
// A planned dependency keeps nothing from starting.
func (r *Registry) Missing(t Type, running map[Type]bool) []Type {
	return slices.DeleteFunc(r.Dependencies(t), func(dependency Type) bool {
		return running[dependency] || r.row(dependency).Status == StatusPlanned
	})
}

// Closure returns the types with everything they need, directly or not, in startup order.
func (r *Registry) Closure(types []Type) []Type {
	wanted := r.members(types)
	for _, t := range slices.Backward(r.order) {
		if wanted[t] {
			for _, dependency := range r.needs[t] {
				wanted[dependency] = true
			}
		}
	}
	return r.ordered(wanted)
}

// Order returns the types in startup order: every type after all it needs, also by way of types that
// were not asked for; otherwise by position in the reference's startup order, then by name. A type
// without a position is pulled in front of the first one that needs it.
func (r *Registry) Order(types []Type) []Type {
	return r.ordered(r.members(types))
}

// Layers splits the types so that each needs only types of earlier layers. Within a layer they are in
// startup order and may start at once.
func (r *Registry) Layers(types []Type) [][]Type {
	members := r.members(types)
	level := make(map[Type]int, len(r.order))
	var layers [][]Type
	for _, t := range r.order {
		for _, dependency := range r.needs[t] {
			level[t] = max(level[t], level[dependency]+pick(members[dependency], 1, 0))
		}
		if !members[t] {
			continue
		}
		if level[t] == len(layers) {
			layers = append(layers, nil)
		}
		layers[level[t]] = append(layers[level[t]], t)
	}
	return layers
}

// members is the set of the daemons that the types stand for.
func (r *Registry) members(types []Type) map[Type]bool {
	members := make(map[Type]bool, len(types))
	for _, t := range types {
		if final, found := r.final(t); found {
			members[final] = true
		}
	}
	return members
}

// ordered lists a set in startup order.
func (r *Registry) ordered(members map[Type]bool) []Type {
	return slices.DeleteFunc(slices.Clone(r.order), func(t Type) bool { return !members[t] })
}

// edges returns the effective edges of a type in the order they are printed: aliases replaced by what
// they stand for, no edge twice, none to itself, none that leads nowhere.
func (r *Registry) edges(t Type) []Type {
	var edges []Type
	for _, dependency := range r.row(t).DependsOn {
		final, found := r.final(dependency)
		if found && final != t && !slices.Contains(edges, final) {
			edges = append(edges, final)
		}
	}
	return edges
}

// link computes the startup order and the edges of a valid table.
func (r *Registry) link() {
	r.needs, r.neededBy = make(map[Type][]Type), make(map[Type][]Type)
	var types []Type
	for _, row := range r.rows {
		if !row.Deprecated {
			types = append(types, row.Type)
			r.needs[row.Type] = r.edges(row.Type)
		}
	}
	slices.SortFunc(types, r.before)
	r.rank = make(map[Type]int, len(types))
	for _, t := range types {
		r.place(t)
	}
	for _, t := range r.order {
		slices.SortFunc(r.needs[t], func(a, b Type) int { return cmp.Compare(r.rank[a], r.rank[b]) })
		for _, dependency := range r.needs[t] {
			r.neededBy[dependency] = append(r.neededBy[dependency], t)
		}
	}
}

// place puts a type at the end of the order, after those of its dependencies that are not in it yet.
func (r *Registry) place(t Type) {
	if _, placed := r.rank[t]; placed {
		return
	}
	for _, dependency := range slices.SortedFunc(slices.Values(r.needs[t]), r.before) {
		r.place(dependency)
	}
	r.rank[t] = len(r.order)
	r.order = append(r.order, t)
}

// before compares two types by position in the reference's startup order, those without one last, then by name.
func (r *Registry) before(a, b Type) int {
	positionA, positionB := r.row(a).StartupPosition, r.row(b).StartupPosition
	return cmp.Or(
		cmp.Compare(pick(positionA < 0, 1, 0), pick(positionB < 0, 1, 0)),
		cmp.Compare(positionA, positionB),
		cmp.Compare(a, b),
	)
}
