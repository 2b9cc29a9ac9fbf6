package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/ringrift/orchestrator/internal/spec"
)

// position is all that a pipeline's next act follows from.
type position struct {
	config string
	facts  spec.PipelineFacts
	paused string // by whom, for what; empty if nobody holds it
	stage  spec.Stage
	reason string
}

// course is what a pipeline does next: an act, or nothing until something happens or the time has come.
type course struct {
	act  *spec.PipelineAct
	wake time.Time
}

func (p *pipeline) view() position {
	return position{p.configKey, p.facts, strings.Join(workflow.DeterministicKeys(p.intent.pauses), ", "), p.stage, p.reason}
}

// plot is the state machine of an iteration. It is a function of what the ledger says and of the time.
func plot(at position, now time.Time) course {
	f := at.facts
	switch {
	case f.At.IsZero():
		return course{} // nothing is known yet
	case at.paused != "":
		return at.stay(spec.StagePaused, "paused: "+at.paused)
	case f.Held != "":
		return at.stay(spec.StagePaused, f.Held)
	case f.Iteration == 0 && !f.Wanted:
		return at.stay(spec.StageIdle, "")
	case f.Iteration == 0:
		return at.move(spec.PipelineAct{Kind: spec.ActOpen, Iteration: f.Last + 1, Stage: spec.StageCollecting})
	}
	var result spec.Verdict
	for _, rule := range f.Rules.Stages {
		if at.passes(rule.Stage, result) {
			continue
		}
		verdict, next := at.step(rule, now)
		if next != nil {
			return *next
		}
		if result == "" || verdict != "" {
			result = verdict
		}
		if verdict == spec.VerdictTooFew || verdict == spec.VerdictInvalid { // there is nothing to go on with
			break
		}
	}
	if result == "" {
		result = spec.VerdictTrained
	}
	return at.move(spec.PipelineAct{Kind: spec.ActClose, Iteration: f.Iteration, Stage: at.stage, Verdict: result})
}

// passes says whether a stage is none of this iteration's.
func (at position) passes(stage spec.Stage, result spec.Verdict) bool {
	_, ordered := at.facts.Find(stage)
	switch stage {
	case spec.StageInitialising:
		return at.facts.HasCanonical && !ordered
	case spec.StageDeciding:
		return result == spec.VerdictUnrated
	case spec.StageDistributing:
		return result != spec.VerdictPromoted
	}
	return false
}

// step says what to do for one stage: nothing more if it is over, with its verdict.
func (at position) step(rule spec.StageRule, now time.Time) (spec.Verdict, *course) {
	fact, ordered := at.facts.Find(rule.Stage)
	switch {
	case rule.Stage == spec.StageCollecting:
		return "", at.collect()
	case !ordered:
		return "", at.order(rule, 1)
	case fact.State == spec.StageDone:
		return fact.Verdict, nil
	case fact.State == spec.StageFailed && at.lacks(fact):
		return "", at.remake(fact)
	case fact.State == spec.StageFailed:
		return at.again(rule, fact, now)
	case !fact.DeadlineAt.IsZero() && !now.Before(fact.DeadlineAt):
		act := spec.PipelineAct{Kind: spec.ActFail, Iteration: at.facts.Iteration, Stage: rule.Stage, Attempt: fact.Attempt,
			Reason: fmt.Sprintf("not done within %s", rule.Deadline)}
		next := at.move(act)
		return "", &next
	}
	next := at.stay(rule.Stage, fact.Waiting)
	next.wake = fact.DeadlineAt
	return "", &next
}

// collect waits for games, until a cut has been made.
func (at position) collect() *course {
	f := at.facts
	_, syncing := f.Find(spec.StageSyncing)
	_, consolidating := f.Find(spec.StageConsolidating)
	if syncing || consolidating || (f.NewGames > 0 && f.NewGames >= f.Required) {
		return nil
	}
	stage, reason := spec.StageCollecting, fmt.Sprintf("waits for %d more games", max(1, f.Required-f.NewGames))
	if !f.Wanted {
		stage, reason = spec.StageIdle, ""
	}
	next := at.stay(stage, reason)
	return &next
}

// again says what follows a failed attempt.
func (at position) again(rule spec.StageRule, failed spec.StageFact, now time.Time) (spec.Verdict, *course) {
	if failed.Attempt < rule.Attempts {
		return "", at.order(rule, failed.Attempt+1)
	}
	switch rule.GiveUp {
	case spec.GiveUpSkip:
		return "", nil
	case spec.GiveUpUnrated:
		return spec.VerdictUnrated, nil
	}
	const doublings = 16 // from there on it is the most
	pause := min(at.facts.Rules.CircuitPause<<min(failed.Attempt-rule.Attempts, doublings), at.facts.Rules.CircuitMax)
	until := failed.EndedAt.Add(pause)
	if !now.Before(until) {
		return "", at.order(rule, failed.Attempt+1)
	}
	next := at.stay(spec.StageCircuit, fmt.Sprintf("%s has failed %d times: %s", rule.Stage, failed.Attempt, failed.Error))
	next.wake = until
	return "", &next
}

// lacks says whether a stage has failed for a result that was lost and was not made again since.
func (at position) lacks(failed spec.StageFact) bool {
	maker, ordered := at.facts.Find(failed.Again)
	return ordered && maker.State == spec.StageDone && maker.EndedAt.Before(failed.EndedAt)
}

// remake orders the stage again whose result was lost. It comes before the one that has failed, which goes on after it.
func (at position) remake(failed spec.StageFact) *course {
	for _, rule := range at.facts.Rules.Stages {
		if maker, _ := at.facts.Find(failed.Again); rule.Stage == failed.Again {
			next := at.order(rule, maker.Attempt+1)
			next.act.Again, next.act.Reason = true, failed.Error
			return next
		}
	}
	next := at.stay(spec.StageCircuit, fmt.Sprintf("%s is not carried out any more: %s", failed.Again, failed.Error))
	return &next
}

func (at position) order(rule spec.StageRule, attempt int64) *course {
	next := at.move(spec.PipelineAct{
		Kind: spec.ActOrder, Iteration: at.facts.Iteration, Stage: rule.Stage, Attempt: attempt, Deadline: rule.Deadline,
	})
	return &next
}

func (at position) move(act spec.PipelineAct) course {
	act.ConfigKey, act.From = at.config, at.stage
	return course{act: &act}
}

// stay makes known where the pipeline is, if it is news, and waits there. Why a stage waits is its order's business
// and in the ledger already; that alone is no news.
func (at position) stay(stage spec.Stage, reason string) course {
	told := at.stage == stage && (at.reason == reason || (stage != spec.StagePaused && stage != spec.StageCircuit))
	if told {
		return course{}
	}
	return at.move(spec.PipelineAct{Kind: spec.ActNote, Iteration: at.facts.Iteration, Stage: stage, Reason: reason})
}

// details is what the Web UI shows.
func (p *pipeline) details() string {
	text := fmt.Sprintf("iteration %d, **%s**", max(p.facts.Iteration, p.facts.Last), p.stage)
	if p.reason != "" {
		text += ": " + p.reason
	}
	for _, fact := range p.facts.Stages {
		text += fmt.Sprintf("\n\n- %s: attempt %d, %s", fact.Stage, fact.Attempt, fact.State)
		for _, more := range []string{string(fact.Verdict), fact.Waiting, fact.Error} {
			if more != "" {
				text += ", " + more
			}
		}
	}
	return text
}
