package processcompose

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/strict"
)

// entry is one daemon of the file that is made.
type entry struct {
	name   string
	fields []field
}

// field is one key of an entry, and what of the source it comes from.
type field struct {
	section, name string // the section is empty for what is right below the entry
	value         *yaml.Node
	about         item
}

// set gives a key its value, in the place of the one before.
func (e *entry) set(section, name string, value *yaml.Node, about item) {
	e.drop(func(f field) bool { return f.section == section && f.name == name })
	e.fields = append(e.fields, field{section, name, value, about})
}

func (e *entry) has(section, name string) bool {
	return slices.ContainsFunc(e.fields, func(f field) bool { return f.section == section && f.name == name })
}

// drop takes away the fields that a function is true for.
func (e *entry) drop(which func(field) bool) {
	e.fields = slices.DeleteFunc(e.fields, which)
}

// order is that of the keys of an entry, and of its sections.
var order = []string{
	"description", "command", "directory", "env", "env_files", "category", "depends_on", "kind", "schedule", "time_zone",
	"readiness", "ready_within", "liveness", "stop", "success_codes", "restart", "log", "disabled",
	"policy", "first_delay", "max_delay", "max_restarts", "retry_every", "exec", "http", "signal", "delay", "interval", "timeout",
	"success_threshold", "failure_threshold", "size", "keep",
}

// node is the entry as YAML.
func (e *entry) node() *yaml.Node {
	fields := slices.SortedStableFunc(slices.Values(e.fields), func(a, b field) int {
		place := func(f field) int { return slices.Index(order, cmp.Or(f.section, f.name)) }
		inner := func(f field) int { return slices.Index(order, f.name) }
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(inner(a), inner(b)))
	})
	top := &yaml.Node{Kind: yaml.MappingNode}
	section, open := top, ""
	for _, f := range fields {
		if f.section == "" {
			section, open = top, ""
		} else if f.section != open {
			section, open = &yaml.Node{Kind: yaml.MappingNode}, f.section
			top.Content = append(top.Content, word(f.section), section)
		}
		section.Content = append(section.Content, word(f.name), f.value)
	}
	shorten(top)
	return top
}

// shorten writes restart: no where a policy is all that is said.
func shorten(top *yaml.Node) {
	for i := 0; i < len(top.Content); i += 2 {
		if section := top.Content[i+1]; top.Content[i].Value == "restart" && len(section.Content) == 2 {
			top.Content[i+1] = section.Content[1]
		}
	}
}

// document is a whole file of daemons.
func document(from string, entries []*entry) ([]byte, error) {
	daemons := &yaml.Node{Kind: yaml.MappingNode}
	for _, one := range entries {
		daemons.Content = append(daemons.Content, word(one.name), one.node())
	}
	top := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{word("version"), number(1), word("daemons"), daemons}}
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Made by starter import process-compose of %s, which tells what is different.\n", strict.Short(from))
	encoder := yaml.NewEncoder(&text)
	encoder.SetIndent(2)
	if err := encoder.Encode(top); err != nil {
		return nil, fmt.Errorf("write the file of daemons: %w", err)
	}
	return text.Bytes(), nil
}

func yes() *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"} }

func word(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func number(value int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(value)}
}

func numbers(list []int) *yaml.Node {
	into := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, one := range list {
		into.Content = append(into.Content, number(one))
	}
	return into
}

// words is a list of texts, in one line if each of them is.
func words(list []string) *yaml.Node {
	into := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, one := range list {
		if strings.Contains(one, "\n") {
			into.Style = 0
		}
		into.Content = append(into.Content, word(one))
	}
	return into
}

// seconds is a duration; one of many years stands for any that is longer.
func seconds(value int) *yaml.Node {
	return word(strict.Duration(time.Duration(min(value, 1<<30)) * time.Second))
}

func megabytes(value int) string { return strconv.Itoa(value) + "MiB" }
