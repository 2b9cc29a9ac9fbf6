package spec

import (
	"maps"
	"slices"
)

// Registry is the validated table of all daemons. It never changes after construction, and what it
// returns may be changed freely. In every query an alias stands for its final replacement, and types
// that are not in the table are passed over, except where a query returns an error.
type Registry struct {
	rows  []Daemon
	index map[Type]int

	order    []Type          // types that are no alias, in startup order
	rank     map[Type]int    // position in order
	needs    map[Type][]Type // effective edges, in startup order
	neededBy map[Type][]Type // the same, backwards
}

// NewRegistry completes the rows with their defaults and validates them as a whole. Its error is a
// Faults that names everything that is wrong.
func NewRegistry(rows []Daemon) (*Registry, error) {
	r := newTable(rows)
	if faults := r.validate(); len(faults) > 0 {
		return nil, faults
	}
	r.link()
	return r, nil
}

// NewTable returns the table of a plan in force: a part of a registry, and maybe of another build's, which has judged it.
// Edges out of it are passed over; it is refused for a cycle only, in which no order could be found.
func NewTable(rows []Daemon) (*Registry, error) {
	r := newTable(rows)
	var faults Faults
	if r.checkCycles(&faults); len(faults) > 0 {
		return nil, faults
	}
	r.link()
	return r, nil
}

// Get returns the row of a type as the registry prints it, alias or not.
func (r *Registry) Get(t Type) (Daemon, bool) {
	i, found := r.index[t]
	if !found {
		return Daemon{}, false
	}
	return r.rows[i].clone(), true
}

// All returns every row, in the order in which they were given.
func (r *Registry) All() []Daemon {
	return r.filter(func(Daemon) bool { return true })
}

// Types returns the type of every row, in the order in which they were given.
func (r *Registry) Types() []Type {
	types := make([]Type, len(r.rows))
	for i, row := range r.rows {
		types[i] = row.Type
	}
	return types
}

// ByCategory returns the rows of one category.
func (r *Registry) ByCategory(category Category) []Daemon {
	return r.filter(func(d Daemon) bool { return d.Category == category })
}

// Categories returns the categories that have rows, in the order of the reference, then those of command daemons.
func (r *Registry) Categories() []Category {
	categories := slices.DeleteFunc(Categories(), func(category Category) bool {
		return len(r.ByCategory(category)) == 0
	})
	for _, row := range r.rows {
		if !slices.Contains(categories, row.Category) {
			categories = append(categories, row.Category)
		}
	}
	return categories
}

// Deprecated returns the rows that are aliases.
func (r *Registry) Deprecated() []Daemon {
	return r.filter(func(d Daemon) bool { return d.Deprecated })
}

// StartupPosition returns the 0-based place of a type in the reference's startup order, -1 if it has none.
func (r *Registry) StartupPosition(t Type) int {
	i, found := r.index[t]
	if !found {
		return -1
	}
	return r.rows[i].StartupPosition
}

// Categories lists every category a row may have, in the order of the reference.
func Categories() []Category {
	return []Category{
		CategorySync, CategoryEvent, CategoryHealth, CategoryPipeline, CategoryEvaluation,
		CategoryDistribution, CategoryReplication, CategoryResource, CategoryProvider, CategoryQueue,
		CategoryFeedback, CategoryRecovery, CategoryMisc,
	}
}

// newTable indexes the rows without judging them. Of two rows of one type the first is indexed.
func newTable(rows []Daemon) *Registry {
	r := &Registry{rows: make([]Daemon, len(rows)), index: make(map[Type]int, len(rows))}
	for i, row := range rows {
		r.rows[i] = row.WithDefaults().clone()
		if _, found := r.index[row.Type]; !found {
			r.index[row.Type] = i
		}
	}
	return r
}

func (r *Registry) filter(keep func(Daemon) bool) []Daemon {
	var rows []Daemon
	for _, row := range r.rows {
		if keep(row) {
			rows = append(rows, row.clone())
		}
	}
	return rows
}

// clone copies the row with everything it points at.
func (d Daemon) clone() Daemon {
	d.DependsOn = slices.Clone(d.DependsOn)
	d.Roles = slices.Clone(d.Roles)
	d.Params = maps.Clone(d.Params)
	d.Program = d.Program.clone()
	return d
}
