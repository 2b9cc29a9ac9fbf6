package spec

import (
	"fmt"
	"slices"
)

// Plan turns the types an operator asks for into what a fleet runs: their closure, split into the rows
// this build can run and the planned types it can only name. The rows carry their effective edges,
// without those to planned types, and are in startup order. An alias is replaced by its daemon, with
// the alias's params.
func (r *Registry) Plan(types []Type) (run []Daemon, planned []Type, err error) {
	params, err := r.askedParams(types)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range r.Closure(types) {
		row := r.row(t).clone()
		if row.Status == StatusPlanned {
			planned = append(planned, t)
			continue
		}
		row.DependsOn = slices.DeleteFunc(r.Dependencies(t), func(dependency Type) bool {
			return r.row(dependency).Status == StatusPlanned
		})
		if own := params[t]; len(own) > 0 {
			row.Params = merge(row.Params, own)
		}
		run = append(run, row)
	}
	return run, planned, nil
}

// askedParams collects, by daemon, the params of the aliases it was asked for by. Two aliases of one
// daemon that want different things cannot both be had.
func (r *Registry) askedParams(types []Type) (map[Type]map[string]string, error) {
	params := make(map[Type]map[string]string)
	askedBy := make(map[Type]map[string]Type)
	for _, t := range types {
		final, found := r.final(t)
		if !found {
			return nil, r.unknown(string(t))
		}
		for key, value := range r.aliasParams(t) {
			if other, set := params[final][key]; set && other != value {
				return nil, fmt.Errorf("%s and %s both stand for %s but differ in %s (%q, %q): ask for one of them",
					askedBy[final][key], t, final, key, other, value)
			}
			if params[final] == nil {
				params[final], askedBy[final] = make(map[string]string), make(map[string]Type)
			}
			params[final][key], askedBy[final][key] = value, t
		}
	}
	return params, nil
}
