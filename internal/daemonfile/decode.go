package daemonfile

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/strict"
)

// Bounds of what is read: past them a file is a mistake, or made to exhaust the machine.
const (
	maxBytes = 1 << 20
	maxNodes = 200_000 // with every reference followed
	maxDepth = 32
	maxFiles = 64
)

// decoder turns YAML documents into nodes and collects their faults.
type decoder struct {
	faults Faults
	files  int
	open   map[*yaml.Node]bool  // what is being expanded, to notice what contains itself
	done   map[*yaml.Node]*node // what has been, for the references to it
	// missing documents are those of which a fault tells: what they declare is unknown.
	missing bool
}

func newDecoder() *decoder {
	return &decoder{open: map[*yaml.Node]bool{}, done: map[*yaml.Node]*node{}}
}

// document returns the mapping that a file consists of, nil if it is none; then a fault says why.
func (d *decoder) document(file *origin, text []byte) *node {
	root, problem := strict.Document(text, maxBytes)
	if problem != nil {
		d.faults.add(place{file, problem.Line}, "", "", "%s", problem.Fix)
		return nil
	}
	top := d.expand(file, root, "", 0)
	if top.kind != mapping {
		d.faults.add(top.place, "", "", "it is %s: write version: 1 and daemons:", top.shown())
		return nil
	}
	return top
}

// expand copies a piece of YAML with its references followed. What cannot be expanded is a fault and becomes null.
func (d *decoder) expand(file *origin, from *yaml.Node, field string, depth int) *node {
	at := place{file, from.Line}
	for from.Kind == yaml.AliasNode {
		if d.open[from.Alias] {
			d.faults.add(at, field, "*"+strict.Cut(from.Value), "it contains itself: take the reference out")
			return &node{place: at, tag: "!!null", size: 1}
		}
		from = from.Alias
	}
	if known := d.done[from]; known != nil {
		return known
	}
	if depth > maxDepth {
		d.faults.add(at, field, "", "it is nested more than %d deep", maxDepth)
		return &node{place: at, tag: "!!null", size: 1}
	}
	d.open[from] = true
	into := &node{place: place{file, from.Line}, kind: list}
	switch from.Kind {
	case yaml.ScalarNode:
		into.kind, into.tag, into.text = scalar, from.ShortTag(), from.Value
	case yaml.MappingNode:
		into = d.mapping(file, from, field, depth)
	default:
		for i, item := range from.Content {
			into.items = append(into.items, d.expand(file, item, part(field, i), depth+1))
		}
	}
	delete(d.open, from)
	d.done[from] = d.bounded(into, field)
	return d.done[from]
}

// bounded counts what is in a piece, with all references followed: a small document can refer to large pieces many
// times. What is too large becomes null.
func (d *decoder) bounded(n *node, field string) *node {
	n.size = 1
	for _, item := range n.items {
		n.size += item.size
	}
	for _, k := range n.keys {
		n.size += k.value.size
	}
	if n.size <= maxNodes {
		return n
	}
	d.faults.add(n.place, field, "", "there is too much in it: with all references followed it has more than %d values", maxNodes)
	return &node{place: n.place, tag: "!!null", size: 1}
}

func (d *decoder) mapping(file *origin, from *yaml.Node, field string, depth int) *node {
	into := &node{place: place{file, from.Line}, kind: mapping}
	seen := map[string]bool{}
	for i := 0; i+1 < len(from.Content); i += 2 {
		name, value, at := from.Content[i], from.Content[i+1], place{file, from.Content[i].Line}
		if name.Kind == yaml.AliasNode {
			name = name.Alias
		}
		switch {
		case name.Kind != yaml.ScalarNode:
			d.faults.add(at, below(field, "?"), "", "the key is no word: write a name")
		case name.ShortTag() == "!!merge":
		case seen[name.Value]:
			d.faults.add(at, below(field, strict.Short(name.Value)), "", "it is in line %d already: keep one", into.keys[into.find(name.Value)].line)
		default:
			seen[name.Value] = true
			into.keys = append(into.keys, key{at, name.Value, d.expand(file, value, below(field, strict.Short(name.Value)), depth+1)})
		}
	}
	for i := 0; i+1 < len(from.Content); i += 2 {
		if from.Content[i].ShortTag() == "!!merge" {
			d.merge(into, seen, d.expand(file, from.Content[i+1], below(field, "<<"), depth+1), field)
		}
	}
	return into
}

// merge adds what a mapping, or each of a list of mappings, has and the one it goes into has not.
func (d *decoder) merge(into *node, seen map[string]bool, from *node, field string) {
	sources := []*node{from}
	if from.kind == list {
		sources = from.items
	}
	for _, source := range sources {
		if source.kind != mapping {
			d.faults.add(source.place, below(field, "<<"), source.shown(), "only mappings can be merged: write <<: *name, or <<: [*one, *two]")
			continue
		}
		for _, k := range source.keys {
			if !seen[k.name] {
				seen[k.name] = true
				into.keys = append(into.keys, k)
			}
		}
	}
}

// below is the field of what has a name in another one.
func below(field, name string) string { return strings.Trim(field+"."+name, ".") }
