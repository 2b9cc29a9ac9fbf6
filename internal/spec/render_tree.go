package spec

import (
	"bytes"
	"fmt"
	"strings"
)

// text draws a tree: every daemon once, below the last of its dependencies to start. What the tree
// cannot show is said in words.
func (d drawing) text(out *bytes.Buffer) {
	t := tree{drawing: d, out: out, parent: make(map[Type]Type), children: make(map[Type][]Daemon)}
	for _, row := range d.nodes {
		if needs := d.edges[row.Type]; len(needs) > 0 && !row.Deprecated {
			t.parent[row.Type] = needs[len(needs)-1].to
		}
		parent := t.parent[row.Type]
		t.children[parent] = append(t.children[parent], row)
	}
	for _, root := range t.children[""] {
		t.line("", root)
		t.branches(root.Type, "")
	}
}

// tree is a drawing with one of its edges chosen for each node.
type tree struct {
	drawing
	out      *bytes.Buffer
	parent   map[Type]Type
	children map[Type][]Daemon
}

// branches draws everything below a node.
func (t tree) branches(parent Type, indent string) {
	for i, row := range t.children[parent] {
		last := i == len(t.children[parent])-1
		t.line(indent+pick(last, "└── ", "├── "), row)
		t.branches(row.Type, indent+pick(last, "    ", "│   "))
	}
}

func (t tree) line(lead string, row Daemon) {
	remarks := strings.Join(t.remarks(row), ", ")
	if remarks != "" {
		remarks = "  (" + remarks + ")"
	}
	fmt.Fprintf(t.out, "%s%s%s\n", lead, row.Type, remarks)
}

// remarks names the marks of a row and those of its edges that the tree does not imply.
func (t tree) remarks(row Daemon) []string {
	if row.Deprecated {
		return []string{"deprecated, replaced by " + string(row.Replacement)}
	}
	remarks := marks(row)
	for _, e := range t.edges[row.Type] {
		switch {
		case e.as != "":
			remarks = append(remarks, fmt.Sprintf("needs %s by its deprecated name %s", e.to, e.as))
		case !t.isAbove(e.to, row.Type):
			remarks = append(remarks, "also needs "+string(e.to))
		}
	}
	return remarks
}

// isAbove says whether one type stands on the way from another up to the root.
func (t tree) isAbove(upper, lower Type) bool {
	for at := t.parent[lower]; at != ""; at = t.parent[at] {
		if at == upper {
			return true
		}
	}
	return false
}
