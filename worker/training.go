package main

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/activities"
	"github.com/ringrift/orchestrator/internal/loops"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/thresholds"
	"github.com/ringrift/orchestrator/internal/workload"
)

// training gives the daemons of the training loop what they go by: the thresholds as they are now, and the workloads.
type training struct {
	source    *thresholds.Source
	workloads workload.Set
	loops     *loops.Watch // what operators have ordered beside the thresholds
}

// openTraining reads the thresholds once: a worker whose file is bad from the start says so and ends.
func (p *process) openTraining() error {
	var all []*workload.Workload
	for _, one := range p.workloads {
		all = append(all, one)
	}
	set, err := workload.NewSet(all...)
	if err != nil { // the other configurations work
		p.logger.Error("configurations left out", "folder", p.config.WorkloadsDir, "error", err)
	}
	p.training = &training{
		source: thresholds.NewSource(filepath.Join(p.config.ClusterDir, thresholds.FileName), time.Now, p.logger), workloads: set,
		loops: loops.NewWatch(p.bus, time.Now),
	}
	if _, err := p.training.source.Current(); err != nil {
		return err
	}
	p.pipelines = &activities.Pipelines{Recorder: pipeline.NewRecorder(pipeline.RecorderConfig{
		Open: p.ledger.Open, Publish: p.publish, Terms: p.training.terms, Logger: p.logger,
	})}
	return nil
}

// now are the thresholds in force. There have been good ones, so there always are.
func (t *training) now() thresholds.Snapshot {
	current, _ := t.source.Current() // the fault of a file that has become bad is in the snapshot
	return current
}

// fault is what is wrong with the file as it is now.
func (t *training) fault() error { return t.now().Fault }

// configs are the keys of the configurations to be trained, those that a loop wants among them.
func (t *training) configs() []string {
	lasting := t.lasting()
	for _, key := range slices.Sorted(maps.Keys(t.loops.Wanted())) {
		if !slices.Contains(lasting, key) {
			lasting = append(slices.Clone(lasting), key)
		}
	}
	return lasting
}

// lasting are those that the thresholds name.
func (t *training) lasting() []string {
	switch wanted := t.now().Loop.Configs; {
	case len(wanted) == 0:
		return t.workloads.Keys()
	case slices.Equal(wanted, []string{thresholds.NoConfig}):
		return nil
	default:
		return wanted
	}
}

// terms are the settings that the training loop of a configuration goes by.
func (t *training) terms(key string) pipeline.Terms {
	now := t.now()
	terms := pipeline.Terms{
		Rules:   rules(now.Loop),
		Targets: pipeline.Targets{Iterations: int64(now.Loop.Iterations), Elo: now.Loop.TargetElo},
	}
	offered, config, err := t.workloads.Of(key)
	if err != nil {
		return terms // nobody wants what nobody offers
	}
	terms.Targets.Harness = pipeline.Harness(cmp.Or(now.Evaluate.Harness, offered.Manifest.DefaultHarness()), now.Evaluate.SearchBudget)
	terms.Wanted = slices.Contains(t.lasting(), key)
	terms.MinGames = int64(now.Export.MinGames.For(config.Players))
	terms.Bootstrap = int64(now.Export.BootstrapMin.For(config.Players))
	if ordered := t.loops.Wanted()[key]; ordered.Iteration > 0 {
		terms = terms.For(ordered.Iteration, ordered.Games)
	}
	return terms
}
