package autopromotion_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/autopromotion"
	"github.com/ringrift/orchestrator/daemons/evaluation/evaluation"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const config = pipelinetest.Config

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// quick asks for few games and no cooldown.
func quick() promotion.Policy {
	policy := promotion.DefaultPolicy()
	policy.Name, policy.CooldownSeconds, policy.RateGames = "quick", 0, 0
	policy.RequiredGames, policy.PlayedGames = promotion.ByPlayers[int64]{Two: 32, Three: 32, Four: 32}, promotion.ByPlayers[int64]{Two: 40, Three: 40, Four: 40}
	policy.Floor, policy.BootstrapFloor = promotion.ByPlayers[float64]{Two: 0.6, Three: 0.3, Four: 0.25}, promotion.ByPlayers[float64]{Two: 0.4, Three: 0.3, Four: 0.2}
	policy.SPRT.MaxGames = 200
	return policy
}

func settings() autopromotion.Settings { return autopromotion.Settings{Policy: quick()} }

func declare(r *pipelinetest.Rig) host.Declaration {
	return autopromotion.Declare(autopromotion.Config{Workloads: r.Workloads, Settings: settings})
}

// cluster is a rig with the evaluator that the decisions rely on.
type cluster struct {
	*pipelinetest.Rig
	evaluator *pipelinetest.Daemon
}

func setup(t *testing.T) cluster {
	r := pipelinetest.New(t, &mini)
	return cluster{r, r.Daemon(evaluation.Declare(evaluation.Config{
		Workloads: r.Workloads, Settings: func() evaluation.Settings { return evaluation.Settings{Policy: quick()} },
	}), 1)}
}

// initialise has a daemon make generation 0 in an iteration that it returns.
func (c cluster) initialise(daemon *pipelinetest.Daemon) int64 {
	c.Helper()
	iteration := c.Open(config)
	ended := daemon.Carry(c.Order(config, iteration, spec.StageInitialising))
	require.Equal(c, ledger.StageDone, ended.State, ended.Error)
	return iteration
}

// trained makes a candidate that is stronger than the canonical model.
func (c cluster) trained(iteration int64) string {
	c.Helper()
	return c.Train(config, iteration, c.Combine(config, iteration, c.Model(c.Canonical(config).ModelID), 200)).ModelID
}

func (c cluster) evaluate(iteration int64) pipeline.Evaluated {
	c.Helper()
	ended := c.evaluator.Carry(c.Order(config, iteration, spec.StageEvaluating))
	require.Equal(c, ledger.StageDone, ended.State, ended.Error)
	return pipelinetest.Result[pipeline.Evaluated](c.Rig, config, iteration, spec.StageEvaluating)
}

// decide evaluates the candidate of an iteration and has the daemon decide.
func (c cluster) decide(daemon *pipelinetest.Daemon, iteration int64) pipeline.Decided {
	c.Helper()
	c.evaluate(iteration)
	return c.decided(daemon, c.Order(config, iteration, spec.StageDeciding))
}

func (c cluster) decided(daemon *pipelinetest.Daemon, order ledger.Stage) pipeline.Decided {
	c.Helper()
	ended := daemon.Carry(order)
	require.Equal(c, ledger.StageDone, ended.State, ended.Error)
	return pipelinetest.Result[pipeline.Decided](c.Rig, config, order.Iteration, spec.StageDeciding)
}

// record is what is stored of a decision; replayed, it is the same.
func (c cluster) record(id string) promotion.Record {
	c.Helper()
	stored, err := c.Ledger.Decision(c.Context(), pipeline.DecisionPromotion, id)
	require.NoError(c, err)
	var by pipeline.Promotion
	require.NoError(c, json.Unmarshal(stored.Inputs, &by))
	require.NoError(c, by.Record.Replay())
	return by.Record
}

// rejected checks that the last decision was told, with the gate that decided.
func (c cluster) rejected(decided pipeline.Decided, gate string) {
	c.Helper()
	require.Equal(c, spec.VerdictRejected, decided.Verdict)
	record := c.record(decided.PromotionID)
	require.Equal(c, gate, record.Verdict.Gate, record.Verdict.Reason)
	told := c.Told("PROMOTION_REJECTED")
	said, err := bus.Decode[bus.PromotionRejected](told[len(told)-1])
	require.NoError(c, err)
	require.Equal(c, gate, said.FirstFailed)
	require.Len(c, said.Gates, len(record.Verdict.Gates))
}

// Generation 0 is there once, whoever asks again.
func TestGenerationZeroIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	made := pipelinetest.Result[pipeline.Trained](c.Rig, config, iteration, spec.StageInitialising)
	pointer := c.Canonical(config)
	require.Equal(t, made.ModelID, pointer.ModelID)
	require.EqualValues(t, 1, pointer.Sequence)
	stored, err := c.Ledger.Decision(t.Context(), pipeline.DecisionPromotion, pointer.DecisionID)
	require.NoError(t, err)
	require.Equal(t, "bootstrap", stored.Verdict)
	require.Equal(t, workload.RoleModel, c.Inspect(config, made.Model).Role)
	require.Len(t, c.Told("MODEL_PROMOTED"), 1)
	c.Close(config, iteration, spec.VerdictTrained)

	second := c.initialise(daemon)
	require.Equal(t, made.ModelID, pipelinetest.Result[pipeline.Trained](c.Rig, config, second, spec.StageInitialising).ModelID)
	require.Len(t, c.Jobs(workload.Init), 1)
	require.Len(t, c.Told("MODEL_PROMOTED"), 1)
}

// A candidate that beats the canonical model takes its place, and nothing else does.
func TestOnlyWhoIsStrongerIsPromoted(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	first := c.initialise(daemon)
	before := c.Canonical(config).ModelID
	candidate := c.trained(first)
	decided := c.decide(daemon, first)
	require.Equal(t, spec.VerdictPromoted, decided.Verdict, decided.Reason)
	require.Equal(t, candidate, c.Canonical(config).ModelID)
	previous, err := c.Ledger.Pointer(t.Context(), config, ledger.Previous)
	require.NoError(t, err)
	require.Equal(t, before, previous.ModelID)
	record := c.record(decided.PromotionID)
	require.Equal(t, before, record.Verdict.Replaces)
	require.NotNil(t, record.Evidence.CandidateRating)
	require.Equal(t, "quick", record.Policy.Name)
	require.Len(t, c.Told("MODEL_PROMOTED"), 2)
	require.Len(t, c.Told("PROMOTION_COMPLETED"), 1)
	c.Close(config, first, spec.VerdictPromoted)

	for gate, forged := range map[string]func(string) []byte{"head_to_head": c.resaved, "floor": c.worst} {
		iteration := c.Open(config)
		c.Candidate(config, iteration, c.Forge(config, forged(candidate)).ID)
		c.rejected(c.decide(daemon, iteration), gate)
		require.Equal(t, candidate, c.Canonical(config).ModelID, gate)
		c.Close(config, iteration, spec.VerdictRejected)
	}

	last := c.Open(config)
	c.trained(last)
	c.Lack(candidate)
	lacking := c.decide(daemon, last)
	c.rejected(lacking, "canonical")
	require.Contains(t, lacking.Reason, "head-to-head unavailable")
	require.Equal(t, candidate, c.Canonical(config).ModelID)
	require.Empty(t, c.Told("PROMOTION_FAILED"))
	daemon.RequireIdle()
}

// resaved is the same model in other bytes.
func (c cluster) resaved(id string) []byte {
	c.Helper()
	content, err := os.ReadFile(c.Path(c.Model(id)))
	require.NoError(c, err)
	return append(content, '\n')
}

// worst is a model that likes best what a good one likes least.
func (c cluster) worst(id string) []byte {
	c.Helper()
	content, err := os.ReadFile(c.Path(c.Model(id)))
	require.NoError(c, err)
	model := map[string]any{}
	require.NoError(c, json.Unmarshal(content, &model))
	for _, table := range []string{"policy", "value"} {
		weights := model[table].([]any)
		for i := range weights {
			weights[i] = -3 * weights[i].(float64)
		}
	}
	content, err = json.Marshal(model)
	require.NoError(c, err)
	return content
}

// Of two candidates at once one is promoted, and the other one was not judged against it.
func TestTwoCandidatesAreJudgedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	first := c.initialise(daemon)
	second := c.Open(config)
	one, other := c.trained(first), c.trained(second)
	require.NotEqual(t, one, other)
	c.evaluate(first)
	c.evaluate(second)
	orders := []ledger.Stage{c.Order(config, first, spec.StageDeciding), c.Order(config, second, spec.StageDeciding)}
	daemon.Round()
	require.Equal(t, spec.VerdictPromoted, c.decided(daemon, orders[0]).Verdict)
	late := c.decided(daemon, orders[1])
	c.rejected(late, "opponent")
	require.Contains(t, late.Reason, "no longer canonical")
	require.Equal(t, one, c.Canonical(config).ModelID)
}

// A decision that was made against a model which is no longer canonical moves nothing: the candidate is judged again.
func TestALostRaceIsJudgedAgain(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	c.trained(iteration)
	evaluated := c.evaluate(iteration)
	order := c.Order(config, iteration, spec.StageDeciding)
	require.NoError(t, autopromotion.JudgeOnly(t.Context(), c.Session, order, settings()))
	lost := c.record(evaluated.EvaluationID + "/1")
	require.True(t, lost.Verdict.Promote)

	rollback := c.Forge(config, c.resaved(c.Canonical(config).ModelID)).ID
	_, err := c.Session.MovePointers(t.Context(), ledger.PointerMove{
		ConfigKey: config, Name: ledger.Canonical, ModelID: rollback, Expect: 1, DecisionID: "operator",
	})
	require.NoError(t, err)
	decided := c.decided(daemon, order)
	require.Equal(t, evaluated.EvaluationID+"/2", decided.PromotionID)
	c.rejected(decided, "opponent")
	require.Equal(t, rollback, c.Canonical(config).ModelID)
}

// Whoever dies between the pointer and the event, the event is told once.
func TestPromotionsAreToldOnce(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	c := setup(t)
	iteration := c.initialise(c.Daemon(declare(c.Rig), 1))
	candidate := c.trained(iteration)
	c.evaluate(iteration)
	order := c.Order(config, iteration, spec.StageDeciding)
	require.Error(t, c.CutOff(declare(c.Rig), 2).Tick(t.Context()), "the bus is away")
	require.Equal(t, candidate, c.Canonical(config).ModelID, "the pointer has moved")
	require.Equal(t, ledger.StageOrdered, c.Last(config, iteration, spec.StageDeciding).State)
	require.Len(t, c.Told("MODEL_PROMOTED"), 1, "of generation 0")
	for epoch := range int64(3) {
		c.KillDaemon(epoch + 3)
	}
	decided := c.decided(c.Daemon(declare(c.Rig), 10), order)
	require.Equal(t, spec.VerdictPromoted, decided.Verdict)
	require.Len(t, c.Told("MODEL_PROMOTED"), 2)
	require.Len(t, c.Told("PROMOTION_COMPLETED"), 1)
	require.EqualValues(t, 2, c.Canonical(config).Sequence)
	require.Empty(t, c.Told("PROMOTION_REJECTED"))
	made, err := c.Ledger.Decisions(t.Context(), pipeline.DecisionPromotion, config, ledger.Page{})
	require.NoError(t, err)
	require.Len(t, made.Items, 2, "generation 0 and this one")
}

// Kills at any moment leave one decision, one move and one word of it.
func TestKillsGiveNoSecondDecision(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	c := setup(t)
	iteration := c.Open(config)
	order := c.Order(config, iteration, spec.StageInitialising)
	for epoch := range int64(2) {
		c.KillDaemon(epoch + 1)
	}
	daemon := c.Daemon(declare(c.Rig), 5)
	require.Equal(t, ledger.StageDone, daemon.Carry(order).State)
	c.trained(iteration)
	c.evaluate(iteration)
	order = c.Order(config, iteration, spec.StageDeciding)
	for epoch := range int64(4) {
		c.KillDaemon(epoch + 10)
	}
	require.Equal(t, spec.VerdictPromoted, c.decided(c.Daemon(declare(c.Rig), 20), order).Verdict)
	require.Len(t, c.Jobs(workload.Init), 1)
	require.Len(t, c.Told("MODEL_PROMOTED"), 2)
	require.Len(t, c.Told("PROMOTION_COMPLETED"), 1)
	require.EqualValues(t, 2, c.Canonical(config).Sequence)
}

// A canonical model has its time: nobody is turned down for being early.
func TestTheCooldownIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := setup(t)
	policy := quick()
	policy.CooldownSeconds = 3600
	daemon := c.Daemon(autopromotion.Declare(autopromotion.Config{
		Workloads: c.Workloads, Settings: func() autopromotion.Settings { return autopromotion.Settings{Policy: policy} },
	}), 1)
	iteration := c.initialise(daemon)
	candidate := c.trained(iteration)
	c.evaluate(iteration)
	order := c.Order(config, iteration, spec.StageDeciding)
	daemon.Round()
	require.Regexp(t, "^cooldown: until ", c.Last(config, iteration, spec.StageDeciding).Waiting)
	policy.CooldownSeconds = 0
	require.Equal(t, spec.VerdictPromoted, c.decided(daemon, order).Verdict)
	require.Equal(t, candidate, c.Canonical(config).ModelID)
}

// Nobody is promoted while the baselines do not score as they should, and nobody is turned down for it.
func TestAFailingCalibrationHoldsPromotions(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	iteration := c.initialise(daemon)
	candidate := c.trained(iteration)
	evaluated := c.evaluate(iteration)
	calibrate := func(id, harness, verdict string) {
		_, err := pipeline.Calibrate(t.Context(), c.Session, pipeline.Calibration{
			TournamentID: id, ConfigKey: config, Harness: harness, Workload: "any", Verdict: verdict,
		}, "by a test")
		require.NoError(t, err)
	}
	calibrate("1", evaluated.Harness, pipeline.CalibrationFails)
	calibrate("2", evaluated.Harness, pipeline.CalibrationOpen)
	calibrate("3", "another", pipeline.CalibrationHolds)
	order := c.Order(config, iteration, spec.StageDeciding)
	daemon.Round()
	require.Regexp(t, "^calibration: ", c.Last(config, iteration, spec.StageDeciding).Waiting)
	require.NotEqual(t, candidate, c.Canonical(config).ModelID)
	require.Empty(t, c.Told("PROMOTION_REJECTED"))
	calibrate("4", evaluated.Harness, pipeline.CalibrationHolds)
	decided := c.decided(daemon, order)
	require.Equal(t, spec.VerdictPromoted, decided.Verdict)
	require.Equal(t, candidate, c.Canonical(config).ModelID)
	require.True(t, *c.record(decided.PromotionID).Evidence.Calibrated)
}

// A gate that lets nobody pass is named.
func TestAGateThatLetsNobodyPassIsNamed(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	c.Close(config, c.initialise(daemon), spec.VerdictTrained)
	content := c.resaved(c.Canonical(config).ModelID)
	for number := range 10 {
		require.Equal(t, spec.HealthOK, daemon.Health().Status)
		iteration := c.Open(config)
		content = append(content, '\n')
		c.Candidate(config, iteration, c.Forge(config, content).ID)
		// What was played is made up: only who was turned down by what matters here.
		c.FinishStage(config, iteration, spec.StageEvaluating, pipeline.Evaluated{EvaluationID: fmt.Sprintf("made-up-%d", number), Protocol: "1"})
		c.rejected(c.decided(daemon, c.Order(config, iteration, spec.StageDeciding)), "loads")
		c.Close(config, iteration, spec.VerdictRejected)
	}
	health := daemon.Health()
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Contains(t, health.Findings, config+": the gate loads has turned down 10 candidates in a row")
}
