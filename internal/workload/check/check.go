package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ringrift/orchestrator/internal/workload"
)

// Run checks the workload in dir and returns the verdict on each rule. The error is one of the kit itself.
func Run(ctx context.Context, dir string, options Options) (*Report, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("check the workload %s: %w", dir, err)
	}
	begun := time.Now()
	loaded, err := workload.Load(dir)
	if err != nil {
		finding := Finding{Rule: RuleManifest, Demand: demandOf(RuleManifest), Verdict: Failed, Detail: err.Error(), Seconds: since(begun)}
		options.Tell(finding)
		return &Report{Findings: []Finding{finding}, Seconds: since(begun)}, nil
	}
	k, err := newKit(loaded, options)
	if err != nil {
		return nil, fmt.Errorf("check the workload %s: %w", dir, err)
	}
	findings, err := k.checkAll(ctx)
	if err != nil {
		return nil, fmt.Errorf("check the workload %s: %w", dir, err)
	}
	return &Report{
		Name: loaded.Manifest.Name, Version: loaded.Manifest.Version, Hash: loaded.Hash, Config: k.config.Key,
		Findings: findings, Runs: int(k.runs.Load()), Seconds: since(begun),
	}, nil
}

// checkAll checks the rules side by side, and after them those that every run was watched for.
func (k *kit) checkAll(ctx context.Context) ([]Finding, error) {
	all := rules()
	findings := make([]*Finding, len(all))
	var telling sync.Mutex
	conclude := func(i int) {
		finding := k.checkOne(ctx, all[i])
		telling.Lock()
		defer telling.Unlock()
		findings[i] = &finding
		k.options.Tell(finding)
	}
	var group errgroup.Group
	group.SetLimit(k.options.Parallel)
	for i, rule := range all {
		if rule.check != nil && k.wanted(rule) {
			group.Go(func() error { conclude(i); return nil })
		}
	}
	_ = group.Wait() // its functions return no errors
	if err := k.checkPlaces(); err != nil {
		return nil, err
	}
	for i, rule := range all {
		if rule.check == nil {
			conclude(i)
		}
	}
	return compact(findings), context.Cause(ctx)
}

func compact(findings []*Finding) []Finding {
	list := []Finding{}
	for _, finding := range findings {
		if finding != nil {
			list = append(list, *finding)
		}
	}
	return list
}

func (k *kit) wanted(r rule) bool {
	return len(k.options.Only) == 0 || slices.Contains(k.options.Only, r.id)
}

// checkOne returns the verdict on a rule.
func (k *kit) checkOne(ctx context.Context, r rule) Finding {
	begun := time.Now()
	finding := Finding{Rule: r.id, Demand: r.demand, Verdict: Passed}
	if r.feature != nil && !r.feature(k.manifest()) {
		finding.Verdict, finding.Detail = Skipped, "the workload does not have the feature"
		return finding
	}
	err := k.observed(r.id)
	if r.check != nil {
		err = r.check(ctx, k)
	}
	var blocked *blockedError
	switch {
	case errors.As(err, &blocked):
		finding.Verdict, finding.Detail = Blocked, err.Error()
	case err != nil:
		finding.Verdict, finding.Detail = Failed, err.Error()
	}
	finding.Seconds = since(begun)
	return finding
}

// blockedError says that a rule could not be checked, because of something that another rule is about.
type blockedError struct{ cause error }

func (e *blockedError) Error() string { return "not checked: " + e.cause.Error() }
func (e *blockedError) Unwrap() error { return e.cause }

// blocked marks an error as not the fault of the rule that met it.
func blocked(err error) error {
	if err == nil {
		return nil
	}
	return &blockedError{err}
}
