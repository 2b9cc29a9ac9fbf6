// Package check is the conformance kit: it runs every command of a workload on tiny sizes and proves, rule by
// rule, that the workload keeps the contract. A rule's name never changes.
//
//	check.go       Run: all rules over one workload; options.go
//	report.go      Report: the verdict on each rule
//	rules.go       the table of rules
//	kit.go         how rules run commands; spec.go, what they ask for; expect.go, what must come of it
//	artefacts.go   the runs whose files rules share, each made once, by the workload itself; inputs.go, where they are kept
//	observe.go     rules that every run is watched for; watch_linux.go, in which order its files appear
//	games.go       games files, read by the kit itself; gamestable.go, what they must look like
//
//	shape.go       manifest, describe, commands, progress
//	refuse.go      wrong requests, damaged inputs, an output folder that takes nothing
//	drill.go       faults on demand: exit codes, broken results, want of memory
//	repeat.go      the same seed, another seed
//	stop.go        cancel, resume, deadline, heartbeat
//	truth.go       what inspect tells, against the files; data.go, what export, combine and merge tell
//	skill.go       training, parity; seats.go, who sat where, and scores; stoprule.go, evaluations that end early
//	resources.go   memory and processors
//
// A rule whose preparation failed is blocked, not failed: the rule that really was broken is named alone.
package check
