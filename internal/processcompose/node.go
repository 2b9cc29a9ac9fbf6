package processcompose

import (
	"slices"
	"strings"
)

// source is a file that was read.
type source struct {
	name   string // as notes name it
	folder string // absolute; its relative paths start there
	order  int    // in which the files count
}

// place is where something is written.
type place struct {
	source *source
	line   int
}

type kind int

const (
	scalar kind = iota
	list
	mapping
)

// node is a piece of the documents, with references followed and merge keys merged.
type node struct {
	place
	kind      kind
	tag, text string   // of a scalar
	items     []*node  // of a list
	keys      []member // of a mapping, each once
}

// member is one key of a mapping; its place is that of its name.
type member struct {
	place
	name  string
	value *node
}

func (n *node) find(name string) int {
	return slices.IndexFunc(n.keys, func(k member) bool { return k.name == name })
}

func (n *node) null() bool { return n.kind == scalar && n.tag == "!!null" }

// item is a key with its value, and all that a note says of it.
type item struct {
	place
	name   string
	key    string // from the top on
	value  *node
	secret bool // its value is not told
}

// children are the keys below an item, in the order in which they are written; those without a value are not there.
func (i item) children() []item {
	var list []item
	if i.value == nil {
		return nil
	}
	for _, k := range i.value.keys {
		if !k.value.null() {
			list = append(list, item{k.place, k.name, strings.Trim(i.key+"."+shortName(k.name), "."), k.value, i.secret})
		}
	}
	return list
}

// child finds a key below an item.
func (i item) child(name string) (item, bool) {
	for _, one := range i.children() {
		if one.name == name {
			return one, true
		}
	}
	return item{}, false
}

// overlay lays one piece over another as process-compose does: mappings key by key, lists of variables by their names,
// all else is replaced, but not by nothing.
func overlay(name string, under, over *node) *node {
	switch {
	case under == nil || over.kind != under.kind && !over.null():
		return over
	case over.null():
		return under
	case over.kind == list && name == "environment":
		return overlayVariables(under, over)
	case over.kind != mapping:
		return over
	}
	merged := &node{place: under.place, kind: mapping, keys: slices.Clone(under.keys)}
	for _, k := range over.keys {
		if i := merged.find(k.name); i >= 0 {
			merged.keys[i].value = overlay(k.name, merged.keys[i].value, k.value)
			if k.value.kind != mapping {
				merged.keys[i].place = k.place
			}
			continue
		}
		merged.keys = append(merged.keys, k)
	}
	return merged
}

func overlayVariables(under, over *node) *node {
	merged := &node{place: over.place, kind: list, items: slices.Clone(over.items)}
	for _, one := range under.items {
		name, _, _ := strings.Cut(one.text, "=")
		if !slices.ContainsFunc(over.items, func(n *node) bool { return strings.HasPrefix(n.text, name+"=") }) {
			merged.items = append(merged.items, one)
		}
	}
	return merged
}
