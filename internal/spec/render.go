package spec

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// GraphFormats lists the formats of RenderGraph.
func GraphFormats() []string { return []string{"text", "dot", "mermaid"} }

// RenderGraph draws the types and what they need among themselves. Planned types, deprecated names, and
// edges that are printed with a deprecated name are marked.
func (r *Registry) RenderGraph(w io.Writer, format string, types []Type) error {
	drawing := r.drawing(types)
	var out bytes.Buffer
	switch format {
	case "text":
		drawing.text(&out)
	case "dot":
		drawing.dot(&out)
	case "mermaid":
		drawing.mermaid(&out)
	default:
		return fmt.Errorf("unknown graph format %q: choose one of %s", format, strings.Join(GraphFormats(), ", "))
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write %s graph: %w", format, err)
	}
	return nil
}

// drawing is a part of the graph, ready to be written in any format. Daemons come before aliases.
type drawing struct {
	nodes []Daemon
	edges map[Type][]edge
}

// edge leads from a daemon to what it needs, or from an alias to what replaces it.
type edge struct {
	to Type
	// as is the deprecated name under which the edge is printed, if it is.
	as Type
}

// drawing picks the rows of the types and the edges between them.
func (r *Registry) drawing(types []Type) drawing {
	drawn := make(map[Type]bool, len(types))
	for _, t := range types {
		drawn[t] = true
	}
	d := drawing{edges: make(map[Type][]edge)}
	for _, t := range r.order {
		if !drawn[t] {
			continue
		}
		d.nodes = append(d.nodes, r.row(t))
		for _, dependency := range r.needs[t] {
			if drawn[dependency] {
				d.edges[t] = append(d.edges[t], edge{to: dependency, as: r.printedAs(t, dependency)})
			}
		}
	}
	for _, row := range r.Deprecated() {
		if drawn[row.Type] {
			d.nodes = append(d.nodes, row)
			d.edges[row.Type] = []edge{{to: row.Replacement}}
		}
	}
	return d
}

// printedAs returns the deprecated name by which a row names a dependency, empty if it names it directly.
func (r *Registry) printedAs(t, dependency Type) Type {
	var as Type
	for _, name := range r.row(t).DependsOn {
		if name == dependency {
			return ""
		}
		if final, _ := r.final(name); final == dependency {
			as = name
		}
	}
	return as
}

// marks are the words that tell a row from an ordinary daemon.
func marks(row Daemon) []string {
	var marks []string
	if row.Critical {
		marks = append(marks, "critical")
	}
	if row.Status != StatusAvailable {
		marks = append(marks, string(row.Status))
	}
	return marks
}
