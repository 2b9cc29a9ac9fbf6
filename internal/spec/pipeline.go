package spec

import "time"

// WorkflowPipeline is the workflow type of one configuration's training loop. It runs as long as the
// configuration is trained.
const WorkflowPipeline = "Pipeline"

// ActivityActPipeline carries out one act of a pipeline; it is local, wherever the workflow runs.
const ActivityActPipeline = "ActPipeline"

// SignalFacts brings a pipeline what DATA_PIPELINE has seen: PipelineFacts. The verbs pause and resume reach it too.
const SignalFacts = "facts"

// QueryPipeline asks a pipeline for its PipelineStatus.
const QueryPipeline = "pipeline"

// PipelineWorkflowID is the id of a configuration's pipeline.
func PipelineWorkflowID(configKey string) string { return "pipeline/" + configKey }

// Stage is one step of an iteration of a configuration's training loop.
type Stage string

// The stages of an iteration, in their order. Each but COLLECTING is ordered from the daemon that owns it.
const (
	StageInitialising  Stage = "INITIALISING"  // generation 0 is made, unless there is a canonical model
	StageCollecting    Stage = "COLLECTING"    // games are played until there are enough new ones
	StageSyncing       Stage = "SYNCING"       // the games of the cut are where they can be fetched
	StageConsolidating Stage = "CONSOLIDATING" // they become one clean file without duplicates
	StageExporting     Stage = "EXPORTING"     // that becomes a dataset
	StageCombining     Stage = "COMBINING"     // and is mixed with those before it
	StageTraining      Stage = "TRAINING"      // a candidate is trained on it
	StageEvaluating    Stage = "EVALUATING"    // and plays for its rating
	StageDeciding      Stage = "DECIDING"      // it is promoted or rejected
	StageDistributing  Stage = "DISTRIBUTING"  // a promoted one reaches the nodes
	StageFeedback      Stage = "FEEDBACK"      // what follows for the next iteration
)

// What a pipeline does instead of working on a stage.
const (
	StageIdle    Stage = "IDLE"         // nobody wants this configuration trained
	StagePaused  Stage = "PAUSED"       // somebody holds it
	StageCircuit Stage = "CIRCUIT_OPEN" // a stage has failed too often, and is tried again later
)

// StageState is how far an order is.
type StageState string

// The states of an order, as the ledger keeps them.
const (
	StageOrdered StageState = "ordered"
	StageDone    StageState = "done"
	StageFailed  StageState = "failed"
)

// Verdict is what came of a stage or of an iteration, where it changes the course of things.
type Verdict string

// The verdicts.
const (
	VerdictTooFew   Verdict = "too_few"  // of CONSOLIDATING, EXPORTING, COMBINING and TRAINING: what is new does not make a dataset yet, or a candidate
	VerdictInvalid  Verdict = "invalid"  // of CONSOLIDATING: no game of the cut is valid, and it is left out for ever
	VerdictPromoted Verdict = "promoted" // of DECIDING
	VerdictRejected Verdict = "rejected" // of DECIDING
	VerdictUnrated  Verdict = "unrated"  // of an iteration whose candidate could not be evaluated
	VerdictTrained  Verdict = "trained"  // of an iteration that nobody decided on
)

// StageRule is how one stage is carried out.
type StageRule struct {
	Stage    Stage         `json:"stage"`
	Deadline time.Duration `json:"deadline_ns,omitempty"` // of one attempt; 0: none
	Attempts int64         `json:"attempts"`              // before it is given up
	GiveUp   GiveUp        `json:"give_up"`
}

// GiveUp is what follows when the attempts of a stage are spent.
type GiveUp string

// What may follow.
const (
	GiveUpCircuit GiveUp = "circuit" // wait, longer each time, and try once more
	GiveUpSkip    GiveUp = "skip"    // go on without it
	GiveUpUnrated GiveUp = "unrated" // nobody decides on the candidate, and it is not promoted
)

// PipelineRules are a snapshot of the settings that a pipeline goes by. They come with the facts, so that a change
// takes effect at once and a replay sees the old ones.
type PipelineRules struct {
	Stages []StageRule `json:"stages"` // that are carried out, in order
	// CircuitPause is the wait once the attempts of a stage are spent; it doubles up to CircuitMax.
	CircuitPause time.Duration `json:"circuit_pause_ns"`
	CircuitMax   time.Duration `json:"circuit_max_ns"`
}

// PipelineFacts are what the ledger says of a configuration at one moment.
type PipelineFacts struct {
	At     time.Time     `json:"at"` // the database's time; older facts never replace newer ones
	Rules  PipelineRules `json:"rules"`
	Wanted bool          `json:"wanted"`
	// Held says why the loop stands still although it is wanted: a plan that is paused, a full disk.
	Held         string `json:"held,omitempty"`
	HasCanonical bool   `json:"has_canonical,omitempty"`
	// Iteration is the open one, 0 if none; Last is the highest number there ever was.
	Iteration int64 `json:"iteration,omitempty"`
	Last      int64 `json:"last,omitempty"`
	// What is new and in no iteration's cut yet.
	NewGames int64 `json:"new_games,omitempty"`
	Required int64 `json:"required"` // new games for an iteration to go on
	// Stages has the last attempt of each stage that was ordered in the open iteration.
	Stages []StageFact `json:"stages,omitempty"`
}

// StageFact is the last attempt of a stage.
type StageFact struct {
	Stage      Stage      `json:"stage"`
	Attempt    int64      `json:"attempt"`
	State      StageState `json:"state"`
	Verdict    Verdict    `json:"verdict,omitempty"` // of a done one, where it matters
	Waiting    string     `json:"waiting,omitempty"` // why its owner has not begun
	Error      string     `json:"error,omitempty"`
	DeadlineAt time.Time  `json:"deadline_at,omitzero"`
	EndedAt    time.Time  `json:"ended_at,omitzero"`
	// Again is the stage before whose result was lost, for which this one has failed: that is to be done again.
	Again Stage `json:"again,omitempty"`
}

// Find returns the last attempt of a stage.
func (f PipelineFacts) Find(stage Stage) (StageFact, bool) {
	for _, fact := range f.Stages {
		if fact.Stage == stage {
			return fact, true
		}
	}
	return StageFact{}, false
}

// ActKind says what an act does.
type ActKind string

// The acts of a pipeline. Each has a natural key, so that it can be repeated.
const (
	ActOpen  ActKind = "open"  // open iteration Iteration
	ActOrder ActKind = "order" // order attempt Attempt of Stage from its owner
	ActFail  ActKind = "fail"  // end attempt Attempt of Stage, which is over its deadline
	ActClose ActKind = "close" // close the iteration with Verdict
	ActNote  ActKind = "note"  // only make known where the pipeline is
)

// PipelineAct is one thing that a pipeline wants done in the ledger.
type PipelineAct struct {
	Kind      ActKind       `json:"kind"`
	ConfigKey string        `json:"config_key"`
	Iteration int64         `json:"iteration,omitempty"`
	Stage     Stage         `json:"stage,omitempty"` // where the pipeline is then
	Attempt   int64         `json:"attempt,omitempty"`
	Deadline  time.Duration `json:"deadline_ns,omitempty"`
	Verdict   Verdict       `json:"verdict,omitempty"`
	Reason    string        `json:"reason,omitempty"`
	Again     bool          `json:"again,omitempty"` // order a stage that is done once more: its result was lost
	From      Stage         `json:"from,omitempty"`  // where it was before
	At        time.Time     `json:"at,omitzero"`     // when it was decided
}

// PipelineInput starts a pipeline.
type PipelineInput struct {
	ConfigKey string         `json:"config_key"`
	Carry     *PipelineCarry `json:"carry,omitempty"`
}

// PipelineCarry is what must outlive one run of a pipeline.
type PipelineCarry struct {
	Facts  PipelineFacts        `json:"facts"`
	Stage  Stage                `json:"stage,omitempty"`
	Since  time.Time            `json:"since,omitzero"`
	Reason string               `json:"reason,omitempty"`
	Pauses map[string]time.Time `json:"pauses,omitempty"` // by reason; the zero time is no end
}

// PipelineStatus is what a pipeline says of itself.
type PipelineStatus struct {
	ConfigKey string `json:"config_key"`
	PipelineCarry
	// NextLookAt is when it acts if nothing happens before, as at a deadline.
	NextLookAt time.Time `json:"next_look_at,omitzero"`
}
