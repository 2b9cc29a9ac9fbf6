// Package thresholds holds every threshold of the training loop: what it means, its unit, its bounds, and its value
// in each preset. Each is declared once, as a field with tags; what reads, checks, explains and documents thresholds
// goes by those tags. Each is read by something, as a test of the worker checks: a daemon that is not written yet
// brings its keys along.
//
//	thresholds.go  Thresholds: the groups; ByPlayers
//	loop.go, games.go, learning.go, judging.go, production.go, tournament.go, feedback.go, watching.go, distilling.go
//	               the groups' fields
//	field.go       one field by its tags: text to value and back; bounds.go: which values it takes
//	section.go     the groups and fields as a tree
//	preset.go      the presets
//	rules.go       what must hold between keys; limit.go: what a rule makes of its upper key
//
//	parse.go, node.go    the file thresholds.yaml, read strictly, with every fault at once
//	fault.go       those faults; nearest.go: the key that was probably meant
//	snapshot.go    Snapshot: values in force, with their version
//	source.go      Source: the file, read again when it has changed
//	write.go       a new file with every key in it as a comment
//	explain.go     what is known of a key; table.go: the same as a document
//	document/      writes docs/thresholds.md
package thresholds

//go:generate go run ./document ../../docs/thresholds.md
