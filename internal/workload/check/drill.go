package check

import (
	"context"
	"fmt"

	"github.com/ringrift/orchestrator/internal/workload"
)

// initWith is the quickest command, with a fault.
func initWith(fault workload.Fault) spec {
	return spec{command: workload.Init, params: workload.InitParams{Drill: workload.Drill{Fault: fault}}, unwatched: true}
}

// exitCodes asks for every code of the contract but success.
func exitCodes(ctx context.Context, k *kit) error {
	for _, code := range workload.ExitCodes()[1:] {
		if err := k.expect(ctx, initWith(workload.ExitFault(code)), code); err != nil {
			return err
		}
	}
	return nil
}

// showFaults asks for results that break a rule each, and expects that rule to be found broken.
func showFaults(ctx context.Context, k *kit) error {
	for _, drill := range []struct {
		fault workload.Fault
		rule  workload.Rule
	}{
		{workload.FaultNoResult, workload.RuleResultMissing},
		{workload.FaultBadResult, workload.RuleResultInvalid},
		{workload.FaultForeignResult, workload.RuleResultForeign},
		{workload.FaultWrongHash, workload.RuleOutputHash},
		{workload.FaultTruncatedOutput, workload.RuleOutputHash},
		{workload.FaultMissingOutput, workload.RuleOutputMissing},
		{workload.FaultEscape, workload.RuleResultInvalid},
		{workload.FaultNoise, workload.RuleLines},
		{workload.FaultLongLine, workload.RuleLines},
		{workload.FaultOrphan, workload.RuleOrphans},
	} {
		o, err := k.run(ctx, initWith(drill.fault))
		if err != nil {
			return err
		}
		if !o.broke(drill.rule) {
			return fmt.Errorf("fault %s: %s is not broken: %s", drill.fault, drill.rule, o.describe())
		}
	}
	return diverges(ctx, k)
}

// broke says whether a run broke the rule.
func (o *outcome) broke(rule workload.Rule) bool {
	for _, flag := range o.Flags {
		if flag.Rule == rule {
			return true
		}
	}
	return o.Ending.Violation != nil && o.Ending.Violation.Rule == rule
}

// diverges asks training for a loss that is not finite.
func diverges(ctx context.Context, k *kit) error {
	s, err := k.trainSpec(ctx)
	if err != nil {
		return err
	}
	params := s.params.(workload.TrainParams)
	params.Fault = workload.FaultNaN
	s.params = params
	return k.expect(ctx, s, workload.ExitDiverged)
}

// outOfMemory asks for more memory than the request allows: the command ends with 21, or is ended.
func outOfMemory(ctx context.Context, k *kit) error {
	s := initWith(workload.FaultOutOfMemory)
	s.limits = workload.Limits{CPU: 1, MemMB: 256}
	o, err := k.run(ctx, s)
	if err != nil {
		return err
	}
	if o.Decision.Class != "out_of_memory" {
		return fmt.Errorf("with %d MB it %s", s.limits.MemMB, o.describe())
	}
	return nil
}
