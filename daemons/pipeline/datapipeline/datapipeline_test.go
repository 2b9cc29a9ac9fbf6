package datapipeline_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/ringrift/orchestrator/daemons/pipeline/datapipeline"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/testkit"
)

const (
	configKey = "sq5_2p"
	patience  = 30 * time.Second
)

var server testkit.SharedServer

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "DATA_PIPELINE", Category: spec.CategoryPipeline, Runner: "create_data_pipeline", DependsOn: []spec.Type{"EVENT_ROUTER"},
		HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5, Critical: true, Scope: spec.ScopeCluster,
		StartupPosition: 2, Status: spec.StatusAvailable,
	}.WithDefaults(), datapipeline.Declare(datapipeline.Config{}).Spec)
}

// runner is what the tests see of the daemon.
type runner interface {
	host.Ticker
	host.Checker
}

// rig is DATA_PIPELINE with a real Temporal server, a worker that runs training loops, a ledger and a bus. The test
// plays the owners of all stages that are not this daemon's.
type rig struct {
	*testing.T
	client   client.Client
	ledger   *ledger.Ledger
	operator *ledger.Session
	events   *bus.Client
	daemon   runner
	config   datapipeline.Config
	terms    pipeline.Terms
	fault    error // of the settings
	results  map[spec.Stage]any
	epoch    int64
	games    int
}

func setup(t *testing.T) *rig {
	t.Helper()
	_, connection := server.Namespace(t)
	l := ledgertest.SQLite(t)
	r := &rig{T: t, client: connection, ledger: l, operator: l.Session("operator", 0), events: bustest.Start(t), results: map[spec.Stage]any{}}
	r.terms = pipeline.Terms{Wanted: true, MinGames: 10, Bootstrap: 10, Targets: pipeline.Targets{Iterations: 1}, Rules: spec.PipelineRules{
		CircuitPause: time.Second, CircuitMax: time.Second,
		Stages: []spec.StageRule{
			{Stage: spec.StageCollecting},
			{Stage: spec.StageSyncing, Attempts: 1, Deadline: time.Minute, GiveUp: spec.GiveUpSkip},
			{Stage: spec.StageConsolidating, Attempts: 2, Deadline: time.Minute},
			{Stage: spec.StageTraining, Attempts: 2, Deadline: time.Minute},
			{Stage: spec.StageDeciding, Attempts: 2, Deadline: time.Minute},
			{Stage: spec.StageDistributing, Attempts: 1, Deadline: time.Minute, GiveUp: spec.GiveUpSkip},
		},
	}}
	pipelinetest.RunLoops(t, r.client, r.ledger, r.events, func(string) pipeline.Terms { return r.terms })
	r.restart()
	r.node("n1", ledger.NodeHealthy)
	return r
}

// restart replaces the daemon by a newer copy.
func (r *rig) restart() {
	r.epoch++
	epoch := r.epoch
	config := r.config
	config.Configs = func() []string { return []string{configKey} }
	config.Terms = func(string) pipeline.Terms { return r.terms }
	config.Fault = func() error { return r.fault }
	config.Pipelines = control.NewPipelines(r.client)
	made, err := datapipeline.Declare(config).New(host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Bus: r.events.Session(datapipeline.Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) {
			return r.ledger.Session(string(datapipeline.Type), epoch), nil
		},
	})
	require.NoError(r, err)
	r.daemon = made.(runner)
}

func (r *rig) node(id string, health ledger.NodeHealth) {
	r.Helper()
	require.NoError(r, r.operator.NodeSeen(r.Context(), ledger.NodeReport{ID: id}))
	require.NoError(r, r.operator.SetHealth(r.Context(), id, health, ""))
}

// play records a file of games that a node has.
func (r *rig) play(games int, node string) {
	r.Helper()
	played := make([]ledger.Game, games)
	for i := range played {
		r.games++
		played[i] = ledger.Game{ID: fmt.Sprintf("g%d", r.games), Moves: 9, FinishedAt: time.Now()}
	}
	sum := fmt.Sprintf("%064x", r.games)
	_, err := r.operator.RecordGames(r.Context(), ledger.GameFile{
		SHA256: sum, ConfigKey: configKey, BatchID: fmt.Sprint(r.games), Node: node, Games: int64(games), LogicalDigest: strings.Repeat("a", 64),
	}, played)
	require.NoError(r, err)
	r.hold(sum, "games", node)
}

func (r *rig) hold(sum, role, node string) {
	r.Helper()
	_, err := r.operator.AddItem(r.Context(), ledger.Item{SHA256: sum, Role: role, Name: configKey + "/" + sum, ConfigKey: configKey, Bytes: 10})
	require.NoError(r, err)
	require.NoError(r, r.operator.ReportHoldings(r.Context(), node, []ledger.Holder{{SHA256: sum, Path: role + "/" + sum, State: ledger.CopyVerified}}))
}

// model makes a model that a decision can promote.
func (r *rig) model(digit, node string) string {
	r.Helper()
	sum := strings.Repeat(digit, 64)
	r.hold(sum, "model", node)
	model, err := r.operator.AddModel(r.Context(), ledger.Model{SHA256: sum, ConfigKey: configKey, Kind: "table", Bytes: 10, Workload: "mini", WorkloadVersion: "1"})
	require.NoError(r, err)
	return model.ID
}

// until lets the daemon look, and the owners of the other stages do their work, until something holds.
func (r *rig) until(what string, holds func() bool) {
	r.Helper()
	require.Eventually(r, func() bool {
		require.NoError(r, r.daemon.Tick(r.Context()))
		r.carryOut()
		return holds()
	}, patience, 20*time.Millisecond, what)
}

func (r *rig) carryOut() {
	orders, err := r.ledger.OpenStages(r.Context(), "")
	require.NoError(r, err)
	for _, order := range orders {
		result, mine := r.results[spec.Stage(order.Stage)]
		if !mine {
			continue
		}
		text, err := json.Marshal(result)
		require.NoError(r, err)
		_, err = r.operator.EndStage(r.Context(), order.StageKey, order.Attempt, ledger.StageEnd{State: ledger.StageDone, Result: text})
		require.NoError(r, err)
	}
}

func (r *rig) iteration() ledger.Iteration {
	r.Helper()
	last, _, err := r.ledger.LastIteration(r.Context(), configKey)
	require.NoError(r, err)
	return last
}

// status is what the training loop says of itself.
func (r *rig) status() spec.PipelineStatus {
	r.Helper()
	status, _, err := control.NewPipelines(r.client).Status(r.Context(), configKey)
	require.NoError(r, err)
	return status
}

// stages are those that were ordered, with their attempts.
func (r *rig) stages() (all []string) {
	r.Helper()
	stages, err := r.ledger.StagesOf(r.Context(), configKey, 1)
	require.NoError(r, err)
	for _, stage := range stages {
		all = append(all, fmt.Sprintf("%s %d %s", stage.Stage, stage.Attempt, stage.State))
	}
	return all
}

// An iteration goes through its stages, is closed with its record, and then nothing moves any more.
func TestAnIterationGoesThroughItsStages(t *testing.T) {
	t.Parallel()
	r := setup(t)
	model := r.model("b", "n1")
	r.results[spec.StageConsolidating] = pipeline.Consolidated{Games: 12}
	r.results[spec.StageTraining] = pipeline.Trained{ModelID: model}
	r.results[spec.StageDeciding] = pipeline.Decided{Verdict: spec.VerdictPromoted, ModelID: model}
	r.until("an iteration is open", func() bool { return r.iteration().Number == 1 })
	r.play(6, "n1")
	r.until("it waits for games", func() bool { return r.status().Facts.NewGames == 6 })
	require.Empty(t, r.stages())
	r.play(6, "n1")
	r.until("it is closed", func() bool { return r.iteration().Outcome == "promoted" })
	require.Equal(t, []string{"SYNCING 1 done", "CONSOLIDATING 1 done", "TRAINING 1 done", "DECIDING 1 done", "DISTRIBUTING 1 done"}, r.stages())
	var record struct {
		Games  int64    `json:"games"`
		Files  []string `json:"files"`
		Stages []struct {
			Stage  string          `json:"stage"`
			Result json.RawMessage `json:"result"`
		} `json:"stages"`
	}
	require.NoError(t, json.Unmarshal(r.iteration().Facts, &record))
	require.EqualValues(t, 12, record.Games)
	require.Len(t, record.Files, 2)
	require.Len(t, record.Stages, 5)

	r.until("the loop is at rest", func() bool { return r.status().Stage == spec.StageIdle })
	told := len(bustest.Events(t, r.events, "PIPELINE_STAGE_CHANGED"))
	length := r.history()
	for range 20 {
		require.NoError(t, r.daemon.Tick(t.Context()))
	}
	require.Equal(t, length, r.history(), "idle is quiet")
	require.Len(t, bustest.Events(t, r.events, "PIPELINE_STAGE_CHANGED"), told)
}

func (r *rig) history() int64 {
	r.Helper()
	described, err := r.client.DescribeWorkflowExecution(r.Context(), spec.PipelineWorkflowID(configKey), "")
	require.NoError(r, err)
	return described.GetWorkflowExecutionInfo().GetHistoryLength()
}

// Somebody ends the workflow in the middle, and the daemon is replaced: the iteration goes on where it was.
func TestATerminatedLoopGoesOn(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.results[spec.StageConsolidating] = pipeline.Consolidated{Games: 12}
	r.play(12, "n1")
	r.until("training is ordered", func() bool { return len(r.stages()) == 3 })
	asked := func() int { return len(bustest.Events(t, r.events, "QUALITY_CHECK_REQUESTED")) }
	r.until("the nodes are asked for the quality of their games", func() bool { return asked() == 1 })
	require.NoError(t, r.client.TerminateWorkflow(t.Context(), spec.PipelineWorkflowID(configKey), "", "test"))
	r.restart()
	r.results[spec.StageTraining] = pipeline.Trained{ModelID: "x"}
	r.results[spec.StageDeciding] = pipeline.Decided{Verdict: spec.VerdictRejected}
	r.until("it is closed", func() bool { return r.iteration().Outcome == "rejected" })
	require.Equal(t, []string{"SYNCING 1 done", "CONSOLIDATING 1 done", "TRAINING 1 done", "DECIDING 1 done"}, r.stages(), "nothing was ordered twice")
	require.EqualValues(t, 1, r.iteration().Number)
	require.Equal(t, 1, asked(), "another copy asks for the same")
}

// A loop that somebody holds is still held after its workflow was ended: nobody has let it go.
func TestATerminatedLoopIsStillHeld(t *testing.T) {
	t.Parallel()
	r := setup(t)
	loops := control.NewPipelines(r.client)
	r.until("an iteration is open", func() bool { return r.iteration().Number == 1 })
	require.NoError(t, loops.Hold(t.Context(), configKey, spec.VerbPause, spec.Command{Reason: "maintenance"}))
	r.until("it is held", func() bool { return r.status().Stage == spec.StagePaused })
	before := r.status()
	require.NoError(t, r.client.TerminateWorkflow(t.Context(), spec.PipelineWorkflowID(configKey), "", "test"))
	r.restart()
	r.play(12, "n1")
	r.until("it runs again", func() bool { return r.status().Facts.NewGames == 12 })
	after := r.status()
	require.Equal(t, before.Pauses, after.Pauses)
	require.Equal(t, spec.StagePaused, after.Stage)
	require.Equal(t, before.Since, after.Since, "it was held all the time")
	require.Empty(t, r.stages(), "nothing is ordered")

	require.NoError(t, loops.Hold(t.Context(), configKey, spec.VerbResume, spec.Command{}))
	r.until("it goes on", func() bool { return len(r.stages()) > 0 })
}

// A cut goes on without the games of a node that stays away. The next one has them once it is back.
func TestACutGoesOnWithoutWhatIsLost(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.config.Aside = time.Second
	r.restart()
	r.results[spec.StageConsolidating] = pipeline.Consolidated{Games: 12, Verdict: spec.VerdictTooFew}
	r.terms.Targets.Iterations = 2
	r.play(12, "n1")
	r.play(12, "n2")
	r.until("the first is closed", func() bool { return r.iteration().Number == 2 })
	cut, err := r.ledger.Cut(t.Context(), configKey, 1)
	require.NoError(t, err)
	require.Len(t, cut, 1)
	require.Equal(t, "n1", cut[0].Node)
	stages, err := r.ledger.StagesOf(t.Context(), configKey, 1)
	require.NoError(t, err)
	require.JSONEq(t, `{"files":1,"aside":1}`, string(stages[0].Result))
	require.Zero(t, r.status().Facts.NewGames, "it waits for others")

	r.node("n2", ledger.NodeHealthy)
	r.play(12, "n1")
	r.until("the second is closed", func() bool { return !r.iteration().EndedAt.IsZero() && r.iteration().Number == 2 })
	cut, err = r.ledger.Cut(t.Context(), configKey, 2)
	require.NoError(t, err)
	require.Len(t, cut, 2)
}

// Games on nodes that are away are waited for, and so is a promoted model until a node that is here has it.
func TestFilesThatNobodyHasAreWaitedFor(t *testing.T) {
	t.Parallel()
	r := setup(t)
	model := r.model("c", "n2")
	r.results[spec.StageConsolidating] = pipeline.Consolidated{Games: 12}
	r.results[spec.StageTraining] = pipeline.Trained{ModelID: model}
	r.results[spec.StageDeciding] = pipeline.Decided{Verdict: spec.VerdictPromoted, ModelID: model}
	r.play(12, "n2")
	waits := func(text string) func() bool {
		return func() bool { return strings.Contains(strings.Join(r.daemon.Health(t.Context()).Findings, "\n"), text) }
	}
	r.until("the games are missing", waits("1 of 1 files of games are on no node that is here"))
	r.hold(fmt.Sprintf("%064x", r.games), "games", "n1")
	r.until("the model is missing", waits("0 of 1 nodes have the model"))
	r.node("n2", ledger.NodeHealthy)
	r.until("it is closed", func() bool { return r.iteration().Outcome == "promoted" })
}

// Settings that were refused show in the daemon's health, or an operator would believe that they are in force.
func TestRefusedSettingsAreSeen(t *testing.T) {
	t.Parallel()
	r := setup(t)
	r.until("a round has ended", func() bool { return r.daemon.Health(t.Context()).Status == spec.HealthOK })
	r.fault = errors.New("thresholds.yaml has 1 fault(s)\n  line 6: too large")
	health := r.daemon.Health(t.Context())
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Equal(t, "older settings are in force: thresholds.yaml has 1 fault(s); line 6: too large", health.Message)
}
