package strict

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Problem is why a text is no document.
type Problem struct {
	Line int // 1 for the first; 0 if it is about no line
	Fix  string
}

// Document returns the root of a YAML text, an empty mapping if there is nothing in it.
func Document(text []byte, maxBytes int) (*yaml.Node, *Problem) {
	if len(text) > maxBytes {
		return nil, &Problem{0, fmt.Sprintf("it is larger than %d bytes", maxBytes)}
	}
	var root, more yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF):
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1}, nil
	case err != nil:
		return nil, noYAML(err)
	}
	if err := decoder.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &Problem{more.Line, "there is more than one YAML document: keep one"}
	}
	if root.Content[0].ShortTag() == "!!null" {
		return &yaml.Node{Kind: yaml.MappingNode, Line: 1}, nil
	}
	return root.Content[0], nil
}

func noYAML(err error) *Problem {
	line, text := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if _, unnamed := fmt.Sscanf(text, "line %d: ", &line); unnamed == nil {
		_, text, _ = strings.Cut(text, ": ")
	}
	return &Problem{line, "it is no YAML: " + text}
}
