package thresholds

import (
	"cmp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/strict"
)

// maxBytes bounds a file of thresholds; with every key and comment it has about a quarter of that.
const maxBytes = 128 << 10

// Parse reads a document: `preset: fast` or `preset: standard` first, then the values that differ from it. The error
// is a *Faults with everything that is wrong.
func Parse(document []byte) (Snapshot, error) {
	r := reader{lines: map[string]int{}, bad: map[string]bool{}}
	snapshot, err := r.read(r.mapping(document))
	if err != nil || len(r.faults.List) == 0 {
		return snapshot, err
	}
	slices.SortStableFunc(r.faults.List, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return Snapshot{}, &r.faults
}

// reader collects what one document says, and its faults.
type reader struct {
	faults Faults
	lines  map[string]int  // where a key is set
	bad    map[string]bool // keys with a value that does not hold
}

// read takes the values of a document over those of its preset.
func (r *reader) read(root *yaml.Node) (Snapshot, error) {
	if root == nil {
		return Snapshot{}, nil // a fault says why
	}
	name, known := r.preset(root)
	values, err := Preset(name)
	if err != nil {
		return Snapshot{}, err
	}
	r.section(values.tree(), root)
	if known {
		r.rules(&values)
	}
	return snapshotOf(values, name, r.lines)
}

// mapping returns the keys and values of a document, nil if it has none.
func (r *reader) mapping(document []byte) *yaml.Node {
	node, problem := strict.Document(document, maxBytes)
	switch {
	case problem != nil:
		r.faults.add(problem.Line, "", "", "%s", problem.Fix)
		return nil
	case node.Kind != yaml.MappingNode:
		r.faults.add(node.Line, "", "", "it is %s: write keys and values, first of all preset: fast or preset: standard", shown(node))
		return nil
	}
	return node
}

// preset returns the preset that a document names; if it names none there is, another one and false.
func (r *reader) preset(root *yaml.Node) (string, bool) {
	choice := strings.Join(Presets(), " or preset: ")
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Value != "preset" {
			continue
		}
		if i > 0 {
			r.faults.add(key.Line, "preset", "", "it comes first, before %s", strict.Short(root.Content[0].Value))
		}
		if value.Kind == yaml.ScalarNode && slices.Contains(Presets(), value.Value) {
			return value.Value, true
		}
		r.faults.add(key.Line, "preset", shown(value), "write preset: %s", choice)
		return Fast, false
	}
	r.faults.add(1, "preset", "", "it is missing: begin with preset: %s", choice)
	return Fast, false
}

// rules notes what does not hold between keys, at the line of one that the document sets.
func (r *reader) rules(read *Thresholds) {
	now := read.values()
	for _, rule := range read.broken(r.bad) {
		keys := rule.keys()
		set := slices.IndexFunc(keys, func(key string) bool { return r.lines[key] > 0 })
		key := keys[max(set, 0)]
		r.faults.add(r.lines[key], key, now.texts[key], "%s", rule.fix(key, now))
	}
}
