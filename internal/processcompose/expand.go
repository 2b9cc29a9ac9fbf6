package processcompose

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/strict"
)

// document returns the mapping that a file consists of.
func (r *reader) document(this *source, text []byte) (*node, error) {
	root, problem := strict.Document(text, maxBytes)
	if problem != nil {
		return nil, fmt.Errorf("%s:%d: %s", this.name, problem.Line, problem.Fix)
	}
	top, err := r.expand(this, root, 0)
	if err == nil && top.kind != mapping {
		err = fmt.Errorf("%s:%d: it is no file of process-compose: that has processes:, and each by its name below", this.name, top.line)
	}
	return top, err
}

// expand copies a piece of YAML with its references followed.
func (r *reader) expand(this *source, what *yaml.Node, depth int) (*node, error) {
	for what.Kind == yaml.AliasNode {
		what = what.Alias
	}
	at := place{this, what.Line}
	if r.nodes++; r.nodes > maxNodes {
		return nil, fmt.Errorf("%s:%d: there is too much in it: with all references followed it has more than %d values", this.name, what.Line, maxNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("%s:%d: it is nested more than %d deep", this.name, what.Line, maxDepth)
	}
	switch what.Kind {
	case yaml.ScalarNode:
		return &node{place: at, tag: what.ShortTag(), text: what.Value}, nil
	case yaml.MappingNode:
		return r.mapping(this, what, depth)
	}
	into := &node{place: at, kind: list}
	for _, one := range what.Content {
		expanded, err := r.expand(this, one, depth+1)
		if err != nil {
			return nil, err
		}
		into.items = append(into.items, expanded)
	}
	return into, nil
}

// mapping expands a mapping; what is merged into it comes below its own keys.
func (r *reader) mapping(this *source, what *yaml.Node, depth int) (*node, error) {
	into := &node{place: place{this, what.Line}, kind: mapping}
	var merged []*node
	for i := 0; i+1 < len(what.Content); i += 2 {
		name := what.Content[i]
		value, err := r.expand(this, what.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		switch {
		case name.ShortTag() == "!!merge" && value.kind == list:
			merged = append(merged, value.items...)
		case name.ShortTag() == "!!merge":
			merged = append(merged, value)
		case name.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("%s:%d: the key is no word: write a name, and quote what has braces", this.name, name.Line)
		case into.find(name.Value) >= 0:
			return nil, fmt.Errorf("%s:%d: %s is in line %d already: keep one", this.name, name.Line, strict.Short(name.Value), into.keys[into.find(name.Value)].line)
		default:
			into.keys = append(into.keys, member{place{this, name.Line}, name.Value, value})
		}
	}
	for _, below := range merged {
		for _, k := range below.keys {
			if into.find(k.name) < 0 {
				into.keys = append(into.keys, k)
			}
		}
	}
	return into, nil
}
