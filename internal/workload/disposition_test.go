package workload_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/workload"
)

// TestDecide holds the table of what follows from each ending.
func TestDecide(t *testing.T) {
	t.Parallel()
	type ending = workload.Ending
	const kill, segmentation = 9, 11
	broken := workload.Violated(workload.RuleOutputHash, "x")
	for name, row := range map[string]struct {
		ending ending
		action workload.Action
		burns  bool
	}{
		"done":                       {ending{Code: 0}, workload.ActionComplete, false},
		"done without proof":         {ending{Code: 0, Violation: broken}, workload.ActionFail, true},
		"bad request":                {ending{Code: 10}, workload.ActionFail, true},
		"bad input":                  {ending{Code: 11}, workload.ActionRebuildInput, true},
		"too little data":            {ending{Code: 12}, workload.ActionWait, false},
		"transient":                  {ending{Code: 20}, workload.ActionRetry, true},
		"out of memory":              {ending{Code: 21}, workload.ActionRetryHalved, true},
		"disk full":                  {ending{Code: 22}, workload.ActionRetryElsewhere, true},
		"cancelled cleanly":          {ending{Code: 30, Cause: workload.CausePreempted}, workload.ActionRequeue, false},
		"told to end by a stranger":  {ending{Code: 30}, workload.ActionRequeue, false},
		"nothing at the deadline":    {ending{Code: 30, Cause: workload.CauseDeadline}, workload.ActionRetryElsewhere, true},
		"most at the deadline":       {ending{Code: 31, Done: 0.8, Cause: workload.CauseDeadline}, workload.ActionCompletePart, false},
		"little at the deadline":     {ending{Code: 31, Done: 0.79}, workload.ActionRetryRemainder, true},
		"internal error":             {ending{Code: 40}, workload.ActionRetryElsewhere, true},
		"diverged":                   {ending{Code: 41}, workload.ActionRetune, true},
		"a code of its own":          {ending{Code: 3}, workload.ActionRetryElsewhere, true},
		"killed, not by us":          {ending{Code: -1, Signal: kill}, workload.ActionRetryElsewhere, true},
		"crashed":                    {ending{Code: -1, Signal: segmentation}, workload.ActionRetryElsewhere, true},
		"killed at its deadline":     {ending{Code: -1, Signal: kill, Cause: workload.CauseDeadline}, workload.ActionRetryElsewhere, true},
		"killed to make place":       {ending{Code: -1, Signal: kill, Cause: workload.CausePreempted}, workload.ActionRequeue, false},
		"done, though told to end":   {ending{Code: 0, Cause: workload.CausePreempted}, workload.ActionComplete, false},
		"done, though not wanted":    {ending{Code: 0, Cause: workload.CauseCancelled}, workload.ActionDrop, false},
		"killed, because not wanted": {ending{Code: -1, Signal: kill, Cause: workload.CauseCancelled}, workload.ActionDrop, false},
		"over its memory limit":      {ending{Code: -1, Signal: kill, Cause: workload.CauseMemory}, workload.ActionRetryHalved, true},
		"too many processes":         {ending{Code: -1, Signal: kill, Cause: workload.CauseProcesses}, workload.ActionRetryElsewhere, true},
		"stuck":                      {ending{Code: 30, Cause: workload.CauseStuck}, workload.ActionRetryElsewhere, true},
		"watched by nobody":          {ending{Code: 0, Cause: workload.CauseLost}, workload.ActionRequeue, false},
	} {
		if row.ending.Cause == "" {
			row.ending.Cause = workload.CauseEnded
		}
		decision := workload.Decide(row.ending)
		require.Equal(t, row.action, decision.Action, name)
		require.Equal(t, row.burns, decision.Burns, name)
		require.NotEmpty(t, decision.Reason, name)
		require.Equal(t, row.ending.Code == workload.ExitDiskFull, decision.NodeFault, name)
		evidence := row.ending.Code == workload.ExitOutOfMemory || row.ending.Cause == workload.CauseMemory
		require.Equal(t, evidence, decision.Class == "out_of_memory", name)
	}
}
