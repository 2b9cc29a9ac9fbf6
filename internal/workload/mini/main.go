package main

import (
	_ "embed"
	"os"

	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/adapter"
)

//go:embed workload.json
var manifest []byte

func main() {
	program := adapter.Program{
		Manifest: manifest,
		Commands: map[workload.Command]adapter.Run{
			workload.Init:     initModel,
			workload.Selfplay: selfplay,
			workload.Inspect:  inspect,
			workload.Validate: validate,
			workload.Merge:    merge,
			workload.Export:   export,
			workload.Combine:  combine,
			workload.Train:    train,
			workload.Evaluate: evaluate,
			workload.Match:    match,
			workload.Loss:     loss,
			workload.Distill:  distill,
		},
	}
	for command, run := range program.Commands {
		program.Commands[command] = lenient(run)
	}
	os.Exit(program.Main(os.Args[1:], os.Stdout, os.Stderr))
}
