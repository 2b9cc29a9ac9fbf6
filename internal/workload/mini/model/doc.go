// Package model is the learned part of mini: two small tables of weights indexed by what a window holds. The policy
// logit of a cell is the sum over its windows, the value of a position the softmax over players of their summed
// windows. All-zero tables know nothing; they are generation 0.
//
//	patterns.go   Patterns: from the code of a window to its row in the tables
//	model.go      Model: the tables with their origin
//	file.go       Model as a JSON file; its identity is the sha256 of that file
//	net.go        Net: a model compiled for one game, fast enough for search
//
// Two architectures exist: "pattern", and "pattern-small", which tells fewer windows apart.
package model
