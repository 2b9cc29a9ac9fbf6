// Package config reads settings from the environment into structs whose fields say all about them:
//
//	env:"NAME" envDefault:"…"  the variable, and what it is when nobody sets it
//	help:"…"                   its line in --help
//	secret:"true"              its value may be a reference, and is never shown
//
//	shared.go  what several programs are set by, and what follows from it
//	read.go    Read: the variables, with references resolved
//	fault.go   what is wrong with a value, by its variable
//	secret.go  references to other variables and to files
//	table.go   WriteTable: what --help shows
//
// Only main calls Read; everything below gets the struct.
package config
