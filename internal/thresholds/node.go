package thresholds

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/strict"
)

// maxFaults bounds what is told of one document, and with it the time that it takes.
const maxFaults = 50

// section takes over what a mapping says of a section.
func (r *reader) section(s section, node *yaml.Node) {
	if node.Kind != yaml.MappingNode {
		if node.ShortTag() != "!!null" { // a group whose keys are all comments
			r.faults.add(node.Line, s.key, shown(node), "write its keys below it: %s", strings.Join(s.parts(), ", "))
		}
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		switch first := seen[key.Value]; {
		case len(r.faults.List) > maxFaults:
			return
		case len(r.faults.List) == maxFaults:
			r.faults.add(key.Line, s.below(strict.Short(key.Value)), "", "there are too many faults to read on: mend those before this line")
		case key.Kind != yaml.ScalarNode:
			r.faults.add(key.Line, s.below("?"), "", "the key is %s: write a name", shown(key))
		case first > 0:
			r.faults.add(key.Line, s.below(strict.Short(key.Value)), "", "it is in line %d already: keep one", first)
		case s.key != "" || key.Value != "preset":
			r.entry(s, key, value)
		}
		seen[key.Value] = key.Line
	}
}

// entry takes over one key of a section.
func (r *reader) entry(s section, key, value *yaml.Node) {
	for _, f := range s.fields {
		if f.name == key.Value {
			r.field(f, key.Line, value)
			return
		}
	}
	for _, part := range s.sections {
		if part.name == key.Value {
			r.section(part, value)
			return
		}
	}
	fix := "unknown: there are " + strings.Join(s.parts(), ", ")
	if near := nearest(s.below(key.Value)); near != "" {
		fix = "unknown: did you mean " + place(near) + "?"
	}
	r.faults.add(key.Line, s.below(strict.Short(key.Value)), "", "%s", fix)
}

func (r *reader) field(f field, line int, node *yaml.Node) {
	text, right := textOf(f, node)
	if !right || f.set(text) != nil {
		r.faults.add(line, f.key, shown(node), "use %s", f.allowed())
		r.bad[f.key] = true
	}
	r.lines[f.key] = line
}

// textOf returns a value as set takes it, and whether it is of the field's type.
func textOf(f field, node *yaml.Node) (string, bool) {
	tag := node.ShortTag()
	switch f.value.Interface().(type) {
	case []string:
		return joined(node)
	case int:
		return node.Value, tag == "!!int"
	case float64:
		return node.Value, tag == "!!int" || tag == "!!float"
	case time.Duration:
		return node.Value, tag == "!!str" || node.Value == "0"
	}
	return node.Value, tag == "!!str"
}

// joined returns a list of texts, separated by commas.
func joined(node *yaml.Node) (string, bool) {
	var texts []string
	for _, one := range node.Content {
		if one.ShortTag() != "!!str" || one.Value == "" || strings.Contains(one.Value, ",") {
			return "", false
		}
		texts = append(texts, one.Value)
	}
	return strings.Join(texts, ","), node.Kind == yaml.SequenceNode
}

// shown is what a fault says that there is.
func shown(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.MappingNode:
		return "a mapping"
	case node.Kind == yaml.SequenceNode:
		text, _ := joined(node)
		return strict.Short("[" + text + "]")
	case node.Kind == yaml.AliasNode:
		return "a reference"
	case node.ShortTag() == "!!null":
		return "nothing"
	case node.ShortTag() == "!!str":
		return fmt.Sprintf("%q", strict.Cut(node.Value))
	}
	return strict.Short(node.Value)
}
