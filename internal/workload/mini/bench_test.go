package main

import (
	"testing"

	"github.com/ringrift/orchestrator/internal/workload"
)

// BenchmarkGeneration measures what one generation costs, processes and files included: 200 games of self-play,
// export, combination, training, 200 games of evaluation.
func BenchmarkGeneration(b *testing.B) {
	for _, config := range []string{"sq5_2p", "sq5_3p", "hex3_2p", "hex3_4p"} {
		b.Run(config, func(b *testing.B) {
			r := newRig(b, config)
			seconds := map[workload.Command]float64{}
			timed := func(o order) *done {
				d := r.do(o)
				seconds[o.command] += d.report.Exit.Ended.Sub(d.report.Exit.Started).Seconds()
				return d
			}
			for b.Loop() {
				m := timed(order{command: workload.Init, params: object{}}).as("m", workload.RoleModel)
				games := timed(order{command: workload.Selfplay, params: object{"games": 200}}).as("g", workload.RoleGames)
				data := timed(order{command: workload.Export, inputs: []workload.Input{games}, params: object{"games": []string{"g"}}}).as("d", workload.RoleDataset)
				mixed := timed(order{command: workload.Combine, inputs: []workload.Input{data}, params: object{"datasets": []object{{"input": "d"}}}})
				lessons := []workload.Input{m, mixed.as("t", workload.RoleDataset), mixed.as("h", workload.RoleHoldout)}
				next := timed(order{command: workload.Train, inputs: lessons, params: object{"dataset": "t", "holdout": "h", "parent": "m"}}).as("n", workload.RoleModel)
				timed(order{command: workload.Evaluate, inputs: []workload.Input{m, next}, params: object{"model": "n", "opponents": []object{{"model": "m", "games": 200}}}})
			}
			for command, total := range seconds {
				b.ReportMetric(1000*total/float64(b.N), string(command)+"-ms")
			}
		})
	}
}
