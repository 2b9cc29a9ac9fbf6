package spec

import "maps"

// Resolve follows a deprecated name along its replacements to the daemon that really runs. The params
// are those of that daemon with the aliases' own merged over them; the name asked for has the last word.
func (r *Registry) Resolve(t Type) (target Daemon, params map[string]string, err error) {
	final, found := r.final(t)
	if !found {
		return Daemon{}, nil, r.unknown(string(t))
	}
	target = r.row(final).clone()
	return target, merge(target.Params, r.aliasParams(t)), nil
}

// row returns the row of a type that is known to be in the table.
func (r *Registry) row(t Type) Daemon { return r.rows[r.index[t]] }

// final returns the end of a type's replacements, itself if it is no alias; false if there is no end.
func (r *Registry) final(t Type) (Type, bool) {
	chain := r.replacements(t)
	end := chain[len(chain)-1]
	i, found := r.index[end]
	return end, found && !r.rows[i].Deprecated
}

// replacements walks from a type to where its replacements end: at a daemon that runs, at a name that
// is not in the table, or at the first name met twice.
func (r *Registry) replacements(t Type) path {
	walk, met := path{t}, map[Type]bool{t: true}
	for {
		i, found := r.index[t]
		if !found || !r.rows[i].Deprecated {
			return walk
		}
		t = r.rows[i].Replacement
		walk = append(walk, t)
		if met[t] {
			return walk
		}
		met[t] = true
	}
}

// aliasParams merges the params of the aliases on the way from a type to its final replacement.
func (r *Registry) aliasParams(t Type) map[string]string {
	var params map[string]string
	for row := r.row(t); row.Deprecated; row = r.row(row.Replacement) {
		params = merge(row.Params, params)
	}
	return params
}

// merge lays one set of params over another.
func merge(under, over map[string]string) map[string]string {
	params := make(map[string]string, len(under)+len(over))
	maps.Copy(params, under)
	maps.Copy(params, over)
	return params
}
