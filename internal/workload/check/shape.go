package check

import (
	"context"
	"errors"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
)

func describe(ctx context.Context, k *kit) error {
	return k.options.Runner.Describe(ctx, k.workload, k.options.Folder)
}

// commands runs every command of a training loop, one after the other, and names each that fails by itself.
func commands(ctx context.Context, k *kit) error {
	var faults []error
	try := func(_ *outcome, err error) {
		if err != nil {
			faults = append(faults, err)
		}
	}
	try(k.initRun(ctx, k.config.Key))
	try(k.selfplayRun(ctx))
	try(k.exportRun(ctx))
	try(k.combineRun(ctx))
	try(k.trainRun(ctx))
	try(k.evaluateRun(ctx, k.config.Key))
	try(k.matchRun(ctx, k.config.Key, parityGames))
	for _, extra := range k.extras(ctx) {
		try(extra())
	}
	return firstOwn(faults)
}

// extras are the optional commands that the workload offers, and inspect.
func (k *kit) extras(ctx context.Context) []func() (*outcome, error) {
	with := func(command workload.Command, get func(context.Context) (workload.Input, error), params func(name string) any) func() (*outcome, error) {
		return func() (*outcome, error) {
			input, err := get(ctx)
			if err != nil {
				return nil, blocked(err)
			}
			return k.succeed(ctx, spec{command: command, inputs: []workload.Input{input}, params: params(input.Name)})
		}
	}
	list := []func() (*outcome, error){
		with(workload.Inspect, k.trained, func(name string) any { return workload.InspectParams{File: name} }),
	}
	if k.manifest().Has(workload.Validate) {
		list = append(list, with(workload.Validate, k.games, func(name string) any { return workload.ValidateParams{Games: name} }))
	}
	if k.manifest().Has(workload.Distill) {
		list = append(list, k.distill(ctx))
	}
	return list
}

func (k *kit) distill(ctx context.Context) func() (*outcome, error) {
	return func() (*outcome, error) {
		teacher, err := k.trained(ctx)
		if err != nil {
			return nil, blocked(err)
		}
		positions, err := k.dataset(ctx)
		if err != nil {
			return nil, blocked(err)
		}
		return k.succeed(ctx, spec{
			command: workload.Distill, inputs: []workload.Input{teacher, positions},
			params: workload.DistillParams{Teacher: teacher.Name, Positions: positions.Name, Holdout: positions.Name},
		})
	}
}

// firstOwn returns the first error that is not the consequence of another, or else the first.
func firstOwn(faults []error) error {
	for _, fault := range faults {
		var consequence *blockedError
		if !errors.As(fault, &consequence) {
			return fault
		}
	}
	return errors.Join(faults...)
}

// progress asks for lines that lead up to the end.
func progress(ctx context.Context, k *kit) error {
	o, err := k.selfplayRun(ctx)
	if err != nil {
		return blocked(err)
	}
	var last *workload.Line
	for _, line := range o.lines {
		if line.T == workload.LineProgress {
			if last != nil && line.Done < last.Done {
				return fmt.Errorf("done went back from %v to %v", last.Done, line.Done)
			}
			last = &line
		}
	}
	switch {
	case last == nil:
		return errors.New("self-play wrote no line of type progress")
	case last.Done != float64(k.options.Games) || last.Total != last.Done:
		return fmt.Errorf("the last line says %v of %v, %d games were played", last.Done, last.Total, k.options.Games)
	}
	return nil
}
