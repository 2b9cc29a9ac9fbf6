// Package strict has what readers of YAML files share that tell every fault at once: thresholds and daemonfile.
//
//	document.go   the text as one mapping, or why it is none
//	text.go       how values are written, in files and in faults
//	create.go     a first file, for the operator to change
package strict
