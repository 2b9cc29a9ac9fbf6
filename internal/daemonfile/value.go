package daemonfile

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/strict"
)

// read returns what a node says as the field's type, with its paths absolute; false if it is not of that type. Whether
// it is in bounds and of the right form is not looked at here.
func (f field) read(n *node) (any, bool) {
	switch f.value.Interface().(type) {
	case []string:
		return f.texts(n)
	case []int:
		return numbers(n)
	case map[string]string:
		return environment(n)
	}
	wanted := "!!str"
	switch f.value.Interface().(type) {
	case bool:
		wanted = "!!bool"
	case int:
		wanted = "!!int"
	case Size:
		wanted = n.tag // a plain number of bytes, or a text
	case time.Duration:
		if n.text == "0" {
			wanted = n.tag
		}
	}
	if n.kind != scalar || n.tag != wanted || strings.ContainsRune(n.text, 0) {
		return nil, false
	}
	text := n.text
	if f.tag.Get("form") == "path" && text != "" {
		text = from(n.file.folder, text)
	}
	return f.parse(text)
}

func (f field) texts(n *node) (any, bool) {
	texts := []string{}
	for _, item := range n.items {
		right := item.tag == "!!str" || f.tag.Get("scalars") != "" && !item.null()
		if item.kind != scalar || !right || strings.ContainsRune(item.text, 0) {
			return nil, false
		}
		text := item.text
		if f.tag.Get("form") == "path" && text != "" {
			text = from(item.file.folder, text)
		}
		texts = append(texts, text)
	}
	return texts, n.kind == list
}

func numbers(n *node) (any, bool) {
	numbers := []int{}
	for _, item := range n.items {
		number, right := parseWhole(item.text)
		if !right || item.kind != scalar || item.tag != "!!int" {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	return numbers, n.kind == list
}

// environment reads names with a scalar each, which becomes text; null takes a name away.
func environment(n *node) (any, bool) {
	variables := map[string]string{}
	for _, k := range n.keys {
		if !k.value.null() {
			variables[k.name] = referencesFrom(k.value.file.folder, k.value.text)
		}
	}
	return variables, n.kind == mapping
}

// problem says what is wrong with the form of a value, "" if only that it is not of the form; nil if nothing is.
func (f field) problem(value any) error {
	var texts []string
	switch value := value.(type) {
	case string:
		texts = []string{value}
	case []string:
		texts = value
	default:
		return nil
	}
	for _, text := range texts {
		if err := f.form().problem(text); err != nil {
			return err
		}
		if strings.Contains(text, "${env:") || strings.Contains(text, "${file:") {
			return errors.New("references are resolved in env only: give it a variable there")
		}
	}
	return nil
}

// written is a value as the canonical text has it.
func written(value any) *yaml.Node {
	switch value := value.(type) {
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(value)}
	case int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(value)}
	case time.Duration:
		return text(strict.Duration(value))
	case Size:
		return text(value.String())
	case map[string]string:
		into := &yaml.Node{Kind: yaml.MappingNode}
		for _, name := range sorted(value) {
			put(into, name, text(value[name]))
		}
		return into
	case string:
		return text(value)
	}
	into := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for items, i := reflect.ValueOf(value), 0; i < items.Len(); i++ {
		into.Content = append(into.Content, written(items.Index(i).Interface()))
	}
	return into
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// put adds a key to a mapping.
func put(into *yaml.Node, name string, value *yaml.Node) {
	into.Content = append(into.Content, text(name), value)
}

func sorted[V any](values map[string]V) []string { return slices.Sorted(maps.Keys(values)) }
