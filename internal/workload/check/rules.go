package check

import (
	"context"

	"github.com/ringrift/orchestrator/internal/workload"
)

// The rules that are checked by runs of their own. Those of violation.go in package workload, and the three
// last ones here, every run is watched for.
const (
	RuleManifest       workload.Rule = "manifest"
	RuleDescribe       workload.Rule = "describe"
	RuleCommands       workload.Rule = "commands"
	RuleProgress       workload.Rule = "progress"
	RuleBadRequest     workload.Rule = "bad-request"
	RuleInputMissing   workload.Rule = "input-missing"
	RuleInputTruncated workload.Rule = "input-truncated"
	RuleTooLittleData  workload.Rule = "too-little-data"
	RuleReadOnlyOutput workload.Rule = "read-only-output"
	RuleExitCodes      workload.Rule = "exit-codes"
	RuleFaults         workload.Rule = "faults"
	RuleOutOfMemory    workload.Rule = "out-of-memory"
	RuleDeterminism    workload.Rule = "determinism"
	RuleSeed           workload.Rule = "seed"
	RuleCancel         workload.Rule = "cancel"
	RuleResume         workload.Rule = "resume"
	RuleDeadline       workload.Rule = "deadline"
	RuleHeartbeat      workload.Rule = "heartbeat"
	RuleGamesTable     workload.Rule = "games-table"
	RuleInspectFacts   workload.Rule = "inspect-facts"
	RuleInspectTamper  workload.Rule = "inspect-verifies"
	RuleSamples        workload.Rule = "samples"
	RuleHoldout        workload.Rule = "holdout-disjoint"
	RuleMerge          workload.Rule = "merge"
	RuleTraining       workload.Rule = "training-learns"
	RuleParity         workload.Rule = "parity"
	RuleSeatBalance    workload.Rule = "seat-balance"
	RuleScores         workload.Rule = "scores"
	RuleStopRule       workload.Rule = "stop-rule"
	RuleLimits         workload.Rule = "limits"

	RuleResultAtomic workload.Rule = "result-atomic"
	RuleResultLast   workload.Rule = "result-last"
	RuleConfinement  workload.Rule = "confinement"
)

// rule is one assertion about a workload.
type rule struct {
	id     workload.Rule
	demand string
	// check is nil for rules that every run is watched for.
	check func(context.Context, *kit) error
	// feature says whether the rule is about this workload; nil is always.
	feature func(*workload.Manifest) bool
}

// rules returns the table. Those that wait come first, so that others run beside them.
func rules() []rule {
	return append(activeRules(), watchedRules()...)
}

func activeRules() []rule {
	faults := func(m *workload.Manifest) bool { return m.Features.Faults }
	seedable := func(m *workload.Manifest) bool { return m.Features.Seedable }
	resume := func(m *workload.Manifest) bool { return m.Features.Resume }
	partial := func(m *workload.Manifest) bool { return m.Features.PartialResults }
	merge := func(m *workload.Manifest) bool { return m.Has(workload.Merge) }
	return []rule{
		{RuleHeartbeat, "a line at least every 10 s, whatever the work", heartbeat, faults},
		{RuleManifest, "workload.json is whole, and its files are there", func(context.Context, *kit) error { return nil }, nil},
		{RuleDescribe, "every command line prints the manifest within 10 s", describe, nil},
		{RuleCommands, "every command does its work on tiny sizes", commands, nil},
		{RuleProgress, "self-play tells how far it is, up to the end", progress, nil},
		{RuleCancel, "TERM: ends within the grace with exit code 30", cancel, nil},
		{RuleResume, "training goes on from its checkpoint", resumeTraining, resume},
		{RuleDeadline, "at the deadline self-play hands over what is done, exit code 31", deadline, partial},
		{RuleBadRequest, "unknown params, fields and configurations: exit code 10", badRequest, nil},
		{RuleInputMissing, "an input that is not there: exit code 11", inputMissing, nil},
		{RuleInputTruncated, "an input that is cut short: exit code 11", inputTruncated, nil},
		{RuleTooLittleData, "nothing to export: exit code 12", tooLittleData, nil},
		{RuleReadOnlyOutput, "an output folder that takes nothing: exit code 20 or 22", readOnlyOutput, nil},
		{RuleExitCodes, "fault exit:<code> ends with that code", exitCodes, faults},
		{RuleFaults, "the other faults do what they are named for", showFaults, faults},
		{RuleOutOfMemory, "fault oom is ended at its memory limit", outOfMemory, faults},
		{RuleDeterminism, "the same request gives the same bytes", determinism, seedable},
		{RuleSeed, "another seed gives other games", anotherSeed, nil},
		{RuleGamesTable, "games files have the contract's tables, and add up", gamesTable, nil},
		{RuleInspectFacts, "inspect tells what is in the file", inspectFacts, nil},
		{RuleInspectTamper, "inspect finds a game whose winner was changed", inspectVerifies, nil},
		{RuleSamples, "datasets have the samples that export told", samples, nil},
		{RuleHoldout, "no game is in training data and holdout", holdoutDisjoint, nil},
		{RuleMerge, "merge takes each new game once", mergeNew, merge},
		{RuleTraining, "training lowers the loss on data it has not seen", trainingLearns, nil},
		{RuleParity, "a model against itself wins as often as it loses", parity, nil},
		{RuleSeatBalance, "the model sits in each seat equally often", seatBalance, nil},
		{RuleScores, "the scores told are those of the games", scores, nil},
		{RuleStopRule, "evaluation ends when the stop rule has decided", stopRule, nil},
		{RuleLimits, "memory and processors stay within the limits", limits, nil},
	}
}

func watchedRules() []rule {
	watched := func(id workload.Rule, demand string) rule { return rule{id: id, demand: demand} }
	return []rule{
		watched(workload.RuleLines, "standard output is progress lines"),
		watched(workload.RuleOrphans, "no process is left behind"),
		watched(workload.RuleResultMissing, "success comes with result.json"),
		watched(workload.RuleResultInvalid, "result.json has the contract's form"),
		watched(workload.RuleResultForeign, "result.json names its own job and attempt"),
		watched(workload.RuleResultStatus, "the result's status fits the exit code"),
		watched(RuleResultAtomic, "result.json appears whole, by a rename"),
		watched(RuleResultLast, "result.json is the last file written"),
		watched(workload.RuleOutputRole, "a command hands over the file it is there for"),
		watched(workload.RuleOutputMissing, "every declared output is there"),
		watched(workload.RuleOutputHash, "every output has the hash that was told"),
		watched(workload.RuleOutputEscape, "outputs are in the output folder"),
		watched(RuleConfinement, "nothing is written outside the attempt folder"),
	}
}

// Rules returns the names of all rules.
func Rules() []workload.Rule {
	var ids []workload.Rule
	for _, rule := range rules() {
		ids = append(ids, rule.id)
	}
	return ids
}

func demandOf(id workload.Rule) string {
	for _, rule := range rules() {
		if rule.id == id {
			return rule.demand
		}
	}
	return ""
}
