package spec

import (
	"fmt"
	"strings"
)

// UnknownType is the error of a name that is not in the registry.
type UnknownType struct {
	Input string
	// Suggestion is the nearest type, empty if none is near.
	Suggestion Type
}

// Error names the input and what to do instead.
func (e *UnknownType) Error() string {
	if e.Suggestion == "" {
		return fmt.Sprintf("unknown daemon type %q: list --all shows every type", e.Input)
	}
	return fmt.Sprintf("unknown daemon type %q: did you mean %s?", e.Input, e.Suggestion)
}

// Find returns the row that a person means: case does not matter, and a dash is an underscore. Its error is an
// *UnknownType.
func (r *Registry) Find(input string) (Daemon, error) {
	row, found := r.Get(normalize(input))
	if !found {
		return Daemon{}, r.unknown(input)
	}
	return row, nil
}

// unknown makes the error for a name, with the nearest type.
func (r *Registry) unknown(input string) *UnknownType {
	if len(input) > maxName {
		return &UnknownType{Input: strings.ToValidUTF8(input[:maxName], "") + "…"}
	}
	return &UnknownType{Input: input, Suggestion: Nearest(normalize(input), r.Types())}
}

func normalize(input string) Type {
	return Type(strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(input)), "-", "_"))
}
