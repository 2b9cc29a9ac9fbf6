package training

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/ringrift/orchestrator/internal/workload/mini/model"
)

// ErrDiverged says that a loss or a weight is not finite any more.
var ErrDiverged = errors.New("training diverged")

// Run is one training: Start or Resume, Continue, Finish.
type Run struct {
	Settings Settings
	Train    *Samples
	Holdout  *Samples // nil: none
	// Watch, if there is one, is called after every block; an error ends Continue with it. The state is valid only during the call.
	Watch func(state *State) error

	tables *tables
	state  *State
}

// Report is what a run came to.
type Report struct {
	Start, End   Losses
	Epochs       int // completed
	EarlyStopped bool
}

// Start begins a run from a model's tables, and measures them.
func (r *Run) Start(m *model.Model, purpose string) (*State, error) {
	var err error
	if r.tables, err = newTables(r.Train.rules, m); err != nil {
		return nil, err
	}
	r.state = &State{Format: StateFormat, Purpose: purpose, Policy: r.tables.policy, Value: r.tables.value,
		PolicySeen: r.tables.policyStep.seen, ValueSeen: r.tables.valueStep.seen}
	if r.state.Start, err = r.losses(); err != nil {
		return nil, err
	}
	r.keepBest(r.state.Start)
	return r.state, nil
}

// Resume goes on from a checkpoint; m has the architecture of the run.
func (r *Run) Resume(m *model.Model, state *State) error {
	var err error
	if r.tables, err = newTables(r.Train.rules, m); err != nil {
		return err
	}
	r.state, r.tables.policy, r.tables.value = state, state.Policy, state.Value
	r.tables.policyStep.seen, r.tables.valueStep.seen = state.PolicySeen, state.ValueSeen
	return nil
}

// Continue trains to the end, or until ctx ends, and then returns the context's cause.
func (r *Run) Continue(ctx context.Context) error {
	for r.state.Epoch < r.Settings.Epochs && !r.state.Exhausted {
		if err := r.epoch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Finish puts the best tables so far into m and measures them.
func (r *Run) Finish(m *model.Model) (Report, error) {
	m.Policy, m.Value = slices.Clone(r.state.Policy), slices.Clone(r.state.Value)
	if r.Holdout != nil {
		m.Policy, m.Value = slices.Clone(r.state.Best.Policy), slices.Clone(r.state.Best.Value)
	}
	r.tables.policy, r.tables.value = m.Policy, m.Value
	end, err := r.losses()
	return Report{Start: r.state.Start, End: end, Epochs: r.state.Epoch, EarlyStopped: r.state.Exhausted}, err
}

// epoch trains on every block that this epoch has not seen, in the file's order.
func (r *Run) epoch(ctx context.Context) error {
	return r.Train.each(func(number int, block []sample) error {
		if number < r.state.Block {
			return nil // done before the run was interrupted
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r.block(number, block)
		if err := r.finite(); err != nil {
			return err
		}
		r.state.Block++
		if r.state.Block == r.Train.blocks() {
			if err := r.endEpoch(); err != nil {
				return err
			}
		}
		if r.Watch != nil {
			return r.Watch(r.state)
		}
		return nil
	})
}

// block takes one step for each batch of the block, in an order of its own.
func (r *Run) block(number int, block []sample) {
	random := rand.New(rand.NewPCG(r.Settings.Seed, uint64(r.state.Epoch)<<32|uint64(number)))
	order := random.Perm(len(block))
	for batch := range slices.Chunk(order, r.Settings.BatchSize) {
		weight := 0.0
		for _, i := range batch {
			r.tables.learn(&block[i], &r.state.Epochs)
			weight += block[i].weight
		}
		r.tables.step(r.Settings.rate(r.done(number)), weight)
	}
}

// done is the share of the run that is behind when a block begins.
func (r *Run) done(block int) float64 {
	blocks := r.Train.blocks()
	return float64(r.state.Epoch*blocks+block) / float64(r.Settings.Epochs*blocks)
}

func (r *Run) endEpoch() error {
	r.state.Epoch++
	r.state.Block = 0
	r.state.Last = Losses{Train: r.state.Epochs}
	r.state.Epochs = Loss{}
	if r.Holdout == nil {
		return nil
	}
	holdout, err := r.loss(r.Holdout)
	if err != nil {
		return err
	}
	r.state.Last.Holdout = &holdout
	if holdout.Total() < r.state.Best.Loss {
		r.keepBest(Losses{Holdout: &holdout})
	}
	patience := r.Settings.Patience
	r.state.Exhausted = patience > 0 && r.state.Epoch-r.state.Best.Epoch >= patience
	return nil
}

func (r *Run) keepBest(losses Losses) {
	r.state.Best = Best{Policy: slices.Clone(r.tables.policy), Value: slices.Clone(r.tables.value), Epoch: r.state.Epoch}
	if losses.Holdout != nil {
		r.state.Best.Loss = losses.Holdout.Total()
	}
}

func (r *Run) finite() error {
	for _, number := range slices.Concat(r.tables.policy, r.tables.value, []float64{r.state.Epochs.Total()}) {
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return fmt.Errorf("%w in epoch %d: lr %g is too high for these samples", ErrDiverged, r.state.Epoch+1, r.Settings.LR)
		}
	}
	return nil
}

// losses measures the tables on all samples.
func (r *Run) losses() (Losses, error) {
	train, err := r.loss(r.Train)
	if err != nil || r.Holdout == nil {
		return Losses{Train: train}, err
	}
	holdout, err := r.loss(r.Holdout)
	return Losses{Train: train, Holdout: &holdout}, err
}

func (r *Run) loss(samples *Samples) (Loss, error) {
	var loss Loss
	err := samples.each(func(_ int, block []sample) error {
		for i := range block {
			r.tables.judge(&block[i], &loss)
		}
		return nil
	})
	return loss, err
}
