package workflows_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/workflows"
)

// loop plays the ledger and the owners of the stages around one pipeline.
type loop struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	facts spec.PipelineFacts
	acts  []string
	// ends has what becomes of each attempt of a stage; what is not in it is done, without a verdict.
	ends map[spec.Stage]func(attempt int64) (spec.StageState, spec.Verdict)
	// lost has the stage whose lost result an attempt that fails is short of.
	lost map[spec.Stage]spec.Stage
	// games come with every new iteration.
	games int64
	// iterations are played until the rig stops wanting more.
	iterations int64
	clock      time.Duration // makes every look newer than the one before
}

func newLoop(t *testing.T) *loop {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	l := &loop{
		t: t, env: suite.NewTestWorkflowEnvironment(), games: 100, iterations: 1,
		ends: map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){
			spec.StageDeciding: func(int64) (spec.StageState, spec.Verdict) { return spec.StageDone, spec.VerdictPromoted },
		},
		facts: spec.PipelineFacts{Wanted: true, Required: 50, Rules: spec.PipelineRules{CircuitPause: 5 * time.Minute, CircuitMax: time.Hour}},
	}
	l.facts.Rules.Stages = []spec.StageRule{
		{Stage: spec.StageInitialising, Attempts: 3, Deadline: time.Hour},
		{Stage: spec.StageCollecting},
		{Stage: spec.StageConsolidating, Attempts: 3, Deadline: 30 * time.Minute},
		{Stage: spec.StageTraining, Attempts: 2, Deadline: 24 * time.Hour},
		{Stage: spec.StageEvaluating, Attempts: 3, Deadline: 2 * time.Hour, GiveUp: spec.GiveUpUnrated},
		{Stage: spec.StageDeciding, Attempts: 3, Deadline: 10 * time.Minute},
		{Stage: spec.StageDistributing, Attempts: 1, Deadline: 30 * time.Minute, GiveUp: spec.GiveUpSkip},
		{Stage: spec.StageFeedback, Attempts: 1, Deadline: 10 * time.Minute, GiveUp: spec.GiveUpSkip},
	}
	l.env.SetWorkerOptions(worker.Options{Interceptors: workflows.Interceptors()})
	l.env.SetTestTimeout(time.Minute)
	workflows.Register(l.env)
	l.env.RegisterActivityWithOptions(l.act, activity.RegisterOptions{Name: spec.ActivityActPipeline})
	return l
}

// run plays until the pipeline has been idle for a day, and returns what it had done.
func (l *loop) run() []string {
	l.t.Helper()
	l.env.RegisterDelayedCallback(func() {
		l.facts.NewGames = l.games
		l.tell()
	}, time.Second)
	l.env.RegisterDelayedCallback(l.env.CancelWorkflow, 30*24*time.Hour)
	l.env.ExecuteWorkflow(spec.WorkflowPipeline, spec.PipelineInput{ConfigKey: "sq5_2p"})
	require.True(l.t, l.env.IsWorkflowCompleted())
	return l.acts
}

// look is what DATA_PIPELINE would see.
func (l *loop) look() spec.PipelineFacts {
	l.clock += time.Microsecond
	seen := l.facts
	seen.At = l.env.Now().Add(l.clock)
	seen.Stages = append([]spec.StageFact{}, l.facts.Stages...)
	return seen
}

func (l *loop) tell() { l.env.SignalWorkflow(spec.SignalFacts, l.look()) }

func (l *loop) act(_ context.Context, act spec.PipelineAct) (spec.PipelineFacts, error) {
	text := fmt.Sprintf("%s %d %s", act.Kind, act.Iteration, act.Stage)
	if act.Again {
		text = fmt.Sprintf("again %d %s", act.Iteration, act.Stage)
	}
	switch act.Kind {
	case spec.ActOpen:
		l.facts.Iteration, l.facts.Last, l.facts.Stages = act.Iteration, act.Iteration, nil
	case spec.ActOrder:
		text += fmt.Sprintf(" %d", act.Attempt)
		l.order(act)
	case spec.ActFail:
		l.end(act.Stage, act.Attempt, spec.StageFailed, "")
	case spec.ActClose:
		text = fmt.Sprintf("%s %d %s", act.Kind, act.Iteration, act.Verdict)
		l.facts.Iteration, l.facts.HasCanonical = 0, l.facts.HasCanonical || act.Verdict == spec.VerdictPromoted
		l.facts.Wanted = act.Iteration < l.iterations
		l.facts.NewGames = l.games
	}
	if act.Kind != spec.ActNote || act.Stage == spec.StageCircuit || act.Stage == spec.StagePaused || act.Stage == spec.StageIdle {
		l.acts = append(l.acts, text)
	}
	return l.look(), nil
}

// order has the owner of a stage end it a minute later.
func (l *loop) order(act spec.PipelineAct) {
	l.end(act.Stage, act.Attempt, spec.StageOrdered, "")
	fact := &l.facts.Stages[len(l.facts.Stages)-1]
	fact.DeadlineAt = l.env.Now().Add(act.Deadline)
	if act.Stage == spec.StageConsolidating {
		l.facts.NewGames = 0
	}
	state, verdict := spec.StageDone, spec.Verdict("")
	if ends := l.ends[act.Stage]; ends != nil {
		state, verdict = ends(act.Attempt)
	}
	if state == spec.StageOrdered {
		return // its owner never does
	}
	l.env.RegisterDelayedCallback(func() {
		l.end(act.Stage, act.Attempt, state, verdict)
		l.tell()
	}, time.Minute)
}

func (l *loop) end(stage spec.Stage, attempt int64, state spec.StageState, verdict spec.Verdict) {
	kept := l.facts.Stages[:0:0]
	for _, fact := range l.facts.Stages {
		if fact.Stage != stage {
			kept = append(kept, fact)
		}
	}
	fact := spec.StageFact{Stage: stage, Attempt: attempt, State: state, Verdict: verdict, EndedAt: l.env.Now()}
	if state == spec.StageFailed {
		fact.Again = l.lost[stage]
	}
	l.facts.Stages = append(kept, fact)
}

func TestPipelineGoesThroughItsStages(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.iterations = 2
	require.Equal(t, []string{
		"open 1 COLLECTING", "order 1 INITIALISING 1", "order 1 CONSOLIDATING 1", "order 1 TRAINING 1", "order 1 EVALUATING 1",
		"order 1 DECIDING 1", "order 1 DISTRIBUTING 1", "order 1 FEEDBACK 1", "close 1 promoted",
		"open 2 COLLECTING", "order 2 CONSOLIDATING 1", "order 2 TRAINING 1", "order 2 EVALUATING 1",
		"order 2 DECIDING 1", "order 2 DISTRIBUTING 1", "order 2 FEEDBACK 1", "close 2 promoted", "note 0 IDLE",
	}, l.run())
}

func TestPipelineCourses(t *testing.T) {
	t.Parallel()
	always := func(state spec.StageState, verdict spec.Verdict) func(int64) (spec.StageState, spec.Verdict) {
		return func(int64) (spec.StageState, spec.Verdict) { return state, verdict }
	}
	from := func(attempt int64) func(int64) (spec.StageState, spec.Verdict) {
		return func(this int64) (spec.StageState, spec.Verdict) {
			if this < attempt {
				return spec.StageFailed, ""
			}
			return spec.StageDone, ""
		}
	}
	before := []string{"open 1 COLLECTING", "order 1 CONSOLIDATING 1"}
	trained := append(before[:2:2], "order 1 TRAINING 1")
	judged := append(trained[:3:3], "order 1 EVALUATING 1", "order 1 DECIDING 1")
	for name, test := range map[string]struct {
		ends map[spec.Stage]func(int64) (spec.StageState, spec.Verdict)
		want []string
	}{
		"a rejected candidate is not handed out": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){spec.StageDeciding: always(spec.StageDone, spec.VerdictRejected)},
			append(judged[:5:5], "order 1 FEEDBACK 1", "close 1 rejected", "note 0 IDLE"),
		},
		"too few games make no dataset": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){spec.StageConsolidating: always(spec.StageDone, spec.VerdictTooFew)},
			append(before[:2:2], "close 1 too_few", "note 0 IDLE"),
		},
		"a cut without a valid game is left out": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){spec.StageConsolidating: always(spec.StageDone, spec.VerdictInvalid)},
			append(before[:2:2], "close 1 invalid", "note 0 IDLE"),
		},
		"a candidate that cannot be rated is not decided on": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){spec.StageEvaluating: always(spec.StageFailed, "")},
			append(trained[:3:3], "order 1 EVALUATING 1", "order 1 EVALUATING 2", "order 1 EVALUATING 3", "order 1 FEEDBACK 1", "close 1 unrated", "note 0 IDLE"),
		},
		"nodes that cannot be reached hold nothing up": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){spec.StageDistributing: always(spec.StageOrdered, "")},
			append(judged[:5:5], "order 1 DISTRIBUTING 1", "fail 1 DISTRIBUTING", "order 1 FEEDBACK 1", "close 1 promoted", "note 0 IDLE"),
		},
		"a stage that fails too often is tried again later": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){spec.StageTraining: from(4)},
			append(trained[:3:3], "order 1 TRAINING 2", "note 1 CIRCUIT_OPEN", "order 1 TRAINING 3", "note 1 CIRCUIT_OPEN", "order 1 TRAINING 4",
				"order 1 EVALUATING 1", "order 1 DECIDING 1", "order 1 DISTRIBUTING 1", "order 1 FEEDBACK 1", "close 1 promoted", "note 0 IDLE"),
		},
		"a plan that nobody makes holds nothing up": {
			map[spec.Stage]func(int64) (spec.StageState, spec.Verdict){
				spec.StageDeciding: always(spec.StageDone, spec.VerdictRejected), spec.StageFeedback: always(spec.StageOrdered, ""),
			},
			append(judged[:5:5], "order 1 FEEDBACK 1", "fail 1 FEEDBACK", "close 1 rejected", "note 0 IDLE"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t)
			l.facts.HasCanonical = true
			for stage, ends := range test.ends {
				l.ends[stage] = ends
			}
			require.Equal(t, test.want, l.run())
		})
	}
}

// The pauses between the tries of a stage that fails for ever double up to the longest.
func TestPipelineCircuitGrows(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical = true
	var tries []time.Time
	l.ends[spec.StageTraining] = func(int64) (spec.StageState, spec.Verdict) {
		tries = append(tries, l.env.Now())
		return spec.StageFailed, ""
	}
	l.run()
	require.Greater(t, len(tries), 600, "it never stops trying")
	var pauses []time.Duration
	for i := 1; i < 9; i++ {
		pauses = append(pauses, tries[i].Sub(tries[i-1]).Round(time.Minute)-time.Minute) // each try takes one
	}
	m := time.Minute
	require.Equal(t, []time.Duration{0, 5 * m, 10 * m, 20 * m, 40 * m, 60 * m, 60 * m, 60 * m}, pauses)
}

// Whoever holds a pipeline holds it between two stages; what runs already may end.
func TestPipelineIsHeld(t *testing.T) {
	t.Parallel()
	for name, hold := range map[string]struct{ begin, end func(*loop) }{
		"by an operator": {
			func(l *loop) { l.env.SignalWorkflow(string(spec.VerbPause), spec.Command{Reason: "maintenance"}) },
			func(l *loop) { l.env.SignalWorkflow(string(spec.VerbResume), nil) },
		},
		"by an operator for a while": {
			func(l *loop) { l.env.SignalWorkflow(string(spec.VerbPause), spec.Command{For: "30m"}) },
			func(*loop) {},
		},
		"by the facts": {
			func(l *loop) { l.facts.Held = "the disk is full"; l.tell() },
			func(l *loop) { l.facts.Held = ""; l.tell() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLoop(t)
			l.facts.HasCanonical = true
			l.env.RegisterDelayedCallback(func() { hold.begin(l) }, 90*time.Second) // TRAINING is under way
			l.env.RegisterDelayedCallback(func() {
				require.Equal(t, []string{"open 1 COLLECTING", "order 1 CONSOLIDATING 1", "order 1 TRAINING 1", "note 1 PAUSED"}, l.acts)
				fact, _ := l.facts.Find(spec.StageTraining)
				require.Equal(t, spec.StageDone, fact.State)
			}, 20*time.Minute)
			l.env.RegisterDelayedCallback(func() { hold.end(l) }, 25*time.Minute)
			require.Equal(t, "close 1 promoted", l.run()[8])
		})
	}
}

// An owner that does nothing until the deadline is given up, and its stage is ordered anew.
func TestPipelineDeadlines(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical = true
	l.ends[spec.StageConsolidating] = func(attempt int64) (spec.StageState, spec.Verdict) {
		if attempt == 1 {
			return spec.StageOrdered, ""
		}
		return spec.StageDone, ""
	}
	require.Equal(t, []string{"open 1 COLLECTING", "order 1 CONSOLIDATING 1", "fail 1 CONSOLIDATING", "order 1 CONSOLIDATING 2", "order 1 TRAINING 1"}, l.run()[:5])
}

// What a stage has left and was lost is made again by it, as often as it is lost, and the stage that needs it goes on.
func TestPipelineMakesAgainWhatIsLost(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical = true
	l.lost = map[spec.Stage]spec.Stage{spec.StageTraining: spec.StageConsolidating, spec.StageEvaluating: spec.StageTraining}
	for stage := range l.lost {
		l.ends[stage] = func(attempt int64) (spec.StageState, spec.Verdict) {
			if attempt == 1 {
				return spec.StageFailed, ""
			}
			return spec.StageDone, ""
		}
	}
	require.Equal(t, []string{
		"open 1 COLLECTING", "order 1 CONSOLIDATING 1", "order 1 TRAINING 1", "again 1 CONSOLIDATING 2", "order 1 TRAINING 2",
		"order 1 EVALUATING 1", "again 1 TRAINING 3", "order 1 EVALUATING 2", "order 1 DECIDING 1",
	}, l.run()[:9])
}

// A pipeline that nobody wants, or that waits for games, is woken by nothing.
func TestPipelineIdleIsQuiet(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical, l.games = true, 0
	timers := 0
	l.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	require.Equal(t, []string{"open 1 COLLECTING"}, l.run())
	require.Zero(t, timers)
}

// Facts that are older than what is known change nothing.
func TestPipelineIgnoresOldFacts(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical = true
	l.env.RegisterDelayedCallback(func() {
		old := l.look()
		old.At, old.Iteration, old.Stages = old.At.Add(-time.Hour), 0, nil
		l.env.SignalWorkflow(spec.SignalFacts, old)
	}, 70*time.Second)
	l.run()
	require.Equal(t, "close 1 promoted", l.acts[7])
}

// A loop whose iteration began before there was FEEDBACK goes by the rules that come with its next facts.
func TestPipelineTakesNewStages(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical = true
	all := l.facts.Rules.Stages
	l.facts.Rules.Stages = all[:len(all)-1]
	l.env.RegisterDelayedCallback(func() { l.facts.Rules.Stages = all }, 90*time.Second) // TRAINING is under way
	require.Contains(t, l.run(), "order 1 FEEDBACK 1")
	require.Equal(t, "close 1 promoted", l.acts[7])
}

// A new run goes on where the old one was.
func TestPipelineCarriesOn(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	l.facts.HasCanonical, l.facts.Iteration, l.facts.Last = true, 7, 7
	l.facts.Stages = []spec.StageFact{
		{Stage: spec.StageConsolidating, Attempt: 2, State: spec.StageDone}, {Stage: spec.StageTraining, Attempt: 1, State: spec.StageDone},
	}
	carry := &spec.PipelineCarry{Facts: l.look(), Stage: spec.StageTraining, Pauses: map[string]time.Time{"operator": {}}}
	l.env.RegisterDelayedCallback(func() { require.Equal(t, []string{"note 7 PAUSED"}, l.acts) }, time.Hour)
	l.env.RegisterDelayedCallback(func() { l.env.SignalWorkflow(string(spec.VerbResume), nil) }, 2*time.Hour)
	l.env.RegisterDelayedCallback(l.env.CancelWorkflow, 24*time.Hour)
	l.env.ExecuteWorkflow(spec.WorkflowPipeline, spec.PipelineInput{ConfigKey: "sq5_2p", Carry: carry})
	require.Equal(t, []string{"note 7 PAUSED", "order 7 EVALUATING 1", "order 7 DECIDING 1"}, l.acts[:3])
}

// An act that the ledger does not take is repeated, but not at once and for ever.
func TestPipelineRepeatsWithPauses(t *testing.T) {
	t.Parallel()
	l := newLoop(t)
	tries := 0
	l.env.OnActivity(spec.ActivityActPipeline, mock.Anything, mock.Anything).Return(func(context.Context, spec.PipelineAct) (spec.PipelineFacts, error) {
		tries++
		return l.look(), nil // no iteration is open
	})
	l.env.RegisterDelayedCallback(l.tell, time.Second)
	l.env.RegisterDelayedCallback(l.env.CancelWorkflow, time.Minute)
	l.env.ExecuteWorkflow(spec.WorkflowPipeline, spec.PipelineInput{ConfigKey: "sq5_2p"})
	require.InDelta(t, 12, tries, 2)
}
