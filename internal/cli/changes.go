package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ringrift/orchestrator/internal/spec"
)

// action is what happens to one daemon when a plan is carried out.
type action string

const (
	actionAdd     action = "add"     // it is new: started when what it depends on is ready
	actionRestart action = "restart" // its program or scope has changed: the old one ends, the new one starts in its turn
	actionUpdate  action = "update"  // its row has changed, or what is shown of its program: it runs on
	actionRemove  action = "remove"  // it is named no more: stopped before what it depends on
)

// sign is how a change is marked in front.
func (a action) sign() string {
	switch a {
	case actionAdd:
		return "+"
	case actionRemove:
		return "-"
	}
	return "~"
}

// change is one daemon that a plan touches.
type change struct {
	Daemon spec.Type `json:"daemon"`
	Action action    `json:"action"`
	// Fields are what differs, of a restart or an update.
	Fields []fieldChange `json:"fields,omitempty"`
}

// effect says what happens.
func (c change) effect() string {
	switch {
	case c.Action == actionAdd:
		return "starts"
	case c.Action == actionRestart:
		return "restarts"
	case c.Action == actionRemove:
		return "stops"
	case slices.ContainsFunc(c.Fields, func(field fieldChange) bool { return field.Field == "roles" }):
		return "starts and stops on nodes by its roles"
	case !slices.ContainsFunc(c.Fields, func(field fieldChange) bool { return field.Field != "description" && field.Field != "name" }):
		return "is shown otherwise at once, without a restart"
	}
	return "takes effect at its next start"
}

// fieldChange is one value of a row that differs. Values of the environment are not shown: they may be secrets.
type fieldChange struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// difference lists what changes from the rows that are in force to those that are wanted, in their order, and counts
// the rows that stay as they are.
func difference(before, after []spec.Daemon) (changes []change, unchanged int) {
	old := byType(before)
	for _, row := range after {
		was, known := old[row.Type]
		delete(old, row.Type)
		switch {
		case !known:
			changes = append(changes, change{Daemon: row.Type, Action: actionAdd})
		case was.Digest() == row.Digest():
			unchanged++
		case was.Program.RunDigest() != row.Program.RunDigest() || was.Scope != row.Scope:
			changes = append(changes, change{row.Type, actionRestart, fieldChanges(was, row)})
		default:
			changes = append(changes, change{row.Type, actionUpdate, fieldChanges(was, row)})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		changes = append(changes, change{Daemon: name, Action: actionRemove})
	}
	return changes, unchanged
}

func byType(rows []spec.Daemon) map[spec.Type]spec.Daemon {
	found := make(map[spec.Type]spec.Daemon, len(rows))
	for _, row := range rows {
		found[row.Type] = row
	}
	return found
}

// fieldChanges names every value that differs between two rows, in order of their names.
func fieldChanges(before, after spec.Daemon) []fieldChange {
	old, now := map[string]string{}, map[string]string{}
	leaves("", before, old)
	leaves("", after, now)
	var changes []fieldChange
	names := maps.Clone(old)
	maps.Copy(names, now)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if old[name] != now[name] {
			changes = append(changes, shownChange(name, old[name], now[name]))
		}
	}
	return changes
}

// shownChange names a field as its file does, without the part that says that it is the program's.
func shownChange(name, before, after string) fieldChange {
	field := strings.TrimPrefix(name, "program.")
	if strings.HasPrefix(field, "environment.") {
		before, after = hidden(before), hidden(after)
	}
	return fieldChange{Field: strings.NewReplacer("_ns", "", "_bytes", "").Replace(field), Before: or(before, "none"), After: or(after, "none")}
}

func hidden(value string) string {
	if value == "" {
		return ""
	}
	return "***"
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// leaves writes every value of a row under its path; lists are one value.
func leaves(path string, value any, into map[string]string) {
	text, err := json.Marshal(value)
	if err != nil {
		into[path] = fmt.Sprint(value) // rows have nothing that JSON cannot hold
		return
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		into[path] = string(text)
		return
	}
	for name, member := range members {
		leaves(strings.TrimPrefix(path+"."+name, "."), member, into)
	}
}
