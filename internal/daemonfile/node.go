package daemonfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/strict"
)

// origin is a file that was read.
type origin struct {
	name   string // as faults name it
	folder string // absolute; its relative paths start there
	order  int    // in which the files were read
}

// place is where something is written.
type place struct {
	file *origin
	line int
}

type kind int

const (
	scalar kind = iota
	list
	mapping
)

// node is a piece of the documents, with references followed and merge keys merged, and where it is written.
type node struct {
	place
	kind      kind
	tag, text string  // of a scalar: !!str, !!int, !!float, !!bool, !!null …
	items     []*node // of a list
	keys      []key   // of a mapping, each once
	size      int     // of it and all that is in it
}

// key is one key of a mapping; its place is that of its name.
type key struct {
	place
	name  string
	value *node
}

func (n *node) find(name string) int {
	return slices.IndexFunc(n.keys, func(k key) bool { return k.name == name })
}

func (n *node) null() bool { return n.kind == scalar && n.tag == "!!null" }

// overlay lays one piece over another: mappings key by key, where null takes a key away; all else is replaced.
func overlay(under, over *node) *node {
	if under.kind != mapping || over.kind != mapping {
		return over
	}
	merged := &node{place: under.place, kind: mapping, keys: slices.Clone(under.keys)}
	for _, k := range over.keys {
		switch i := merged.find(k.name); {
		case i < 0:
			merged.keys = append(merged.keys, k)
		case k.value.null():
			merged.keys = slices.Delete(merged.keys, i, i+1)
		case k.value.kind == mapping && merged.keys[i].value.kind == mapping:
			merged.keys[i].value = overlay(merged.keys[i].value, k.value)
		default:
			merged.keys[i] = k
		}
	}
	return merged
}

// shown is what a fault says that there is.
func (n *node) shown() string {
	switch {
	case n.kind == mapping:
		return "a mapping"
	case n.kind == list:
		texts := make([]string, len(n.items))
		for i, item := range n.items {
			texts[i] = item.text
			if item.kind != scalar {
				texts[i] = "…"
			}
		}
		return strict.Short("[" + strings.Join(texts, ", ") + "]")
	case n.null():
		return "nothing"
	case n.tag == "!!str":
		return fmt.Sprintf("%q", strict.Cut(n.text))
	}
	return strict.Short(n.text)
}

// part is the field of one part of a list.
func part(field string, i int) string { return fmt.Sprintf("%s[%d]", field, i) }
