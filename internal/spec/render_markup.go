package spec

import (
	"bytes"
	"fmt"
	"strings"
)

// dot writes Graphviz: planned dashed, deprecated dotted.
func (d drawing) dot(out *bytes.Buffer) {
	out.WriteString("// An arrow points from a daemon to what it needs; a dotted one to what replaces it.\n")
	out.WriteString("digraph daemons {\n  rankdir=RL;\n  node [shape=box];\n")
	for _, row := range d.nodes {
		style := map[Status]string{StatusAvailable: "solid", StatusPlanned: "dashed", StatusDeprecated: "dotted"}[row.Status]
		fmt.Fprintf(out, "  %s [style=%q, label=\"%s\"];\n", row.Type, style, label(row, `\n`))
	}
	for _, row := range d.nodes {
		for _, e := range d.edges[row.Type] {
			switch {
			case row.Deprecated:
				fmt.Fprintf(out, "  %s -> %s [style=dotted];\n", row.Type, e.to)
			case e.as != "":
				fmt.Fprintf(out, "  %s -> %s [style=dashed, label=\"as %s\"];\n", row.Type, e.to, e.as)
			default:
				fmt.Fprintf(out, "  %s -> %s;\n", row.Type, e.to)
			}
		}
	}
	out.WriteString("}\n")
}

// mermaid writes a flowchart as GitHub and most documentation tools show it.
func (d drawing) mermaid(out *bytes.Buffer) {
	out.WriteString("%% An arrow points from a daemon to what it needs; a dotted one to what replaces it.\n")
	out.WriteString("flowchart RL\n")
	for _, row := range d.nodes {
		fmt.Fprintf(out, "  %s[\"%s\"]:::%s\n", row.Type, label(row, "<br/>"), row.Status)
	}
	for _, row := range d.nodes {
		for _, e := range d.edges[row.Type] {
			switch {
			case row.Deprecated:
				fmt.Fprintf(out, "  %s -. replaced by .-> %s\n", row.Type, e.to)
			case e.as != "":
				fmt.Fprintf(out, "  %s -. as %s .-> %s\n", row.Type, e.as, e.to)
			default:
				fmt.Fprintf(out, "  %s --> %s\n", row.Type, e.to)
			}
		}
	}
	out.WriteString("  classDef available stroke-width:2px\n  classDef planned stroke-dasharray:6 4\n  classDef deprecated stroke-dasharray:2 2,opacity:0.6\n")
}

// label is a node's name with its marks below.
func label(row Daemon, newline string) string {
	if marks := marks(row); len(marks) > 0 {
		return string(row.Type) + newline + strings.Join(marks, ", ")
	}
	return string(row.Type)
}
