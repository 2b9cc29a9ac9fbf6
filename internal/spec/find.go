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

// maxName bounds a type's length, and with it the work of comparing names.
const maxName = 64

// unknown makes the error for a name, with the nearest type if one is at most a third of the name away.
func (r *Registry) unknown(input string) *UnknownType {
	if len(input) > maxName {
		return &UnknownType{Input: strings.ToValidUTF8(input[:maxName], "") + "…"}
	}
	name, unknown := string(normalize(input)), &UnknownType{Input: input}
	nearest := len(name)/3 + 1
	for _, row := range r.rows {
		if d := distance(name, string(row.Type)); d < nearest {
			nearest, unknown.Suggestion = d, row.Type
		}
	}
	return unknown
}

func normalize(input string) Type {
	return Type(strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(input)), "-", "_"))
}

// distance counts the edits between two names: insert, delete, replace, or swap two neighbours.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+pick(a[i-1] == b[j-1], 0, 1))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
