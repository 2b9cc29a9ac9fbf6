// Package daemonfile reads daemons.yaml, which declares command daemons: any program becomes a daemon. The file is read
// strictly, with every fault at once, and becomes rows of the registry that have a spec.Program.
//
//	entry.go     the table of fields, as tags: one declaration for all that goes by them
//	field.go     one field by its tags; bounds.go: which values it takes; form.go: forms of text; quantity.go: numbers
//
//	load.go      a file with those that it includes; decode.go: YAML, with references followed and merge keys merged
//	node.go      what was written, and where; one document laid over another
//	file.go      File: Read, Load and Parse, the canonical text; top.go: the keys above the entries
//	read.go      one entry, by the table; value.go: one value; environment.go: variables and references
//	rules.go     what must hold between the keys of an entry
//	fault.go     what is wrong: file, line, field, value, fix
//
//	edges.go     types of entries, and what their depends_on means
//	row.go       an entry as a row; rows.go: Rows, and Compose, which puts them into the registry
//
//	schema.go    the table as a JSON schema; schemarules.go: what that can say of rules between keys
//	table.go     the table as Markdown; example.go: as a file to begin with
//	document/    writes docs/daemons.schema.json and the table of docs/daemons.md
package daemonfile

//go:generate go run ./document ../../docs/daemons.md ../../docs/daemons.schema.json
