package unifiedpromotion_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/evaluation/autopromotion"
	"github.com/ringrift/orchestrator/daemons/evaluation/unifiedpromotion"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/promotion"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	config  = pipelinetest.Config
	harness = "search"
)

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// quick asks for few games, and lets a rollback follow another one.
func quick() promotion.GuardPolicy {
	policy := promotion.DefaultGuardPolicy()
	policy.Name, policy.Games, policy.MinHarnesses, policy.MinRating, policy.RollbackCooldownSeconds = "quick", 40, 1, 0, 0
	return policy
}

func declare(*pipelinetest.Rig) host.Declaration {
	return unifiedpromotion.Declare(unifiedpromotion.Config{Settings: func(string) unifiedpromotion.Settings {
		return unifiedpromotion.Settings{Policy: quick(), Harness: harness}
	}})
}

// cluster is a rig with models whose games and ratings a test makes up.
type cluster struct {
	*pipelinetest.Rig
	played *int
	rated  map[string]float64
}

func setup(t *testing.T) cluster {
	t.Helper()
	return cluster{pipelinetest.New(t, &mini), new(int), map[string]float64{"random": 400}}
}

// model adds one that is rated.
func (c cluster) model(name string, elo float64) string {
	c.Helper()
	id := c.Forge(config, []byte(name)).ID
	c.rated[id] = elo
	return id
}

// point puts a pointer where an operator wants it.
func (c cluster) point(name ledger.PointerName, model string) {
	c.Helper()
	_, err := c.Session.MovePointers(c.Context(), ledger.PointerMove{
		ConfigKey: config, Name: name, ModelID: model, Expect: c.pointer(name).Sequence, DecisionID: fmt.Sprintf("operator/%d", c.pointer(name).Sequence),
	})
	require.NoError(c, err)
}

// pointer is where one is; its sequence is 0 if it is nowhere.
func (c cluster) pointer(name ledger.PointerName) ledger.Pointer {
	c.Helper()
	pointers, err := c.Ledger.Pointers(c.Context(), config)
	require.NoError(c, err)
	for _, one := range pointers {
		if one.Name == name {
			return one
		}
	}
	return ledger.Pointer{}
}

// pair is what a model has reached against an opponent.
func pair(model, opponent string, wins, losses int) tournament.Pair {
	half := func(n, seat int) int { return (n + 1 - seat) / 2 }
	faced := pipeline.Faced{Opponent: opponent, Planned: int64(wins + losses)}
	for seat := range 2 {
		w, l := half(wins, seat), half(losses, seat)
		faced.BySeat = append(faced.BySeat, workload.Score{Games: w + l, Wins: w, Losses: l})
	}
	return tournament.Pair{Player: model, Faced: faced}
}

// play leaves what came of a tournament, with the ratings that there are.
func (c cluster) play(pairs ...tournament.Pair) {
	c.Helper()
	now, err := c.Ledger.Now(c.Context())
	require.NoError(c, err)
	*c.played++
	snapshot := ledger.RatingSnapshot{ConfigKey: config, Harness: harness, Evidence: ledger.Evidence{Digest: fmt.Sprint(*c.played), Matches: 1, Games: 1}}
	for name, elo := range c.rated {
		snapshot.Ratings = append(snapshot.Ratings, ledger.Rating{Participant: name, Rating: elo, Low: elo - 50, High: elo + 50, Games: 20})
	}
	_, err = c.Session.SaveRatings(c.Context(), snapshot)
	require.NoError(c, err)
	_, err = tournament.End(c.Context(), c.Session, tournament.Result{
		ID: fmt.Sprintf("%s/ladder/%d", config, *c.played), ConfigKey: config, Kind: tournament.Ladder, Harness: harness, MadeAt: now, PlayedAt: now,
		Valid: 1, Pairs: pairs, Ratings: c.rated, Counts: true,
	})
	require.NoError(c, err)
}

// decisions are those about production, the newest first. Replayed, each is the same.
func (c cluster) decisions() (all []promotion.GuardRecord) {
	c.Helper()
	list, err := c.Ledger.Decisions(c.Context(), pipeline.DecisionProduction, config, ledger.Page{Limit: 1000})
	require.NoError(c, err)
	for _, stored := range list.Items {
		var record promotion.GuardRecord
		require.NoError(c, json.Unmarshal(stored.Inputs, &record))
		require.NoError(c, record.Replay())
		require.Equal(c, string(record.Verdict.Action), stored.Verdict)
		all = append(all, record)
	}
	return all
}

// strong is a model that has shown against the baselines what production asks for.
func (c cluster) strong(name string, elo float64) string {
	c.Helper()
	id := c.model(name, elo)
	c.play(pair(id, "random", 60, 2), pair(id, "heuristic", 45, 15))
	return id
}

// served has a strong model in production, put there by the daemon.
func served(t *testing.T, daemon func(cluster) *pipelinetest.Daemon) (cluster, *pipelinetest.Daemon, string) {
	t.Helper()
	c := setup(t)
	first := c.strong("first", 1500)
	c.point(ledger.Canonical, first)
	d := daemon(c)
	d.Round()
	require.Equal(t, first, c.pointer(ledger.Production).ModelID)
	return c, d, first
}

func start(c cluster) *pipelinetest.Daemon { return c.Daemon(declare(c.Rig), 1) }

// A canonical model goes into production once it has shown all that is asked, and not before.
func TestACanonicalModelGoesIntoProductionWhenItIsProven(t *testing.T) {
	t.Parallel()
	c, daemon, first := served(t, start)
	told := c.Told("MODEL_PROMOTED")
	require.Len(t, told, 1)
	said, err := bus.Decode[bus.ModelPromoted](told[0])
	require.NoError(t, err)
	require.Equal(t, "production", said.Stage)
	require.Equal(t, first, said.ModelID)
	require.InDelta(t, 1500, *said.Elo, 0)
	require.Equal(t, said.PromotionID, c.pointer(ledger.Production).DecisionID)
	daemon.RequireIdle()

	second := c.strong("second", 1540)
	c.point(ledger.Canonical, second)
	daemon.Round()
	require.Equal(t, "head_to_head", c.decisions()[0].Verdict.Gate, "they have not met")
	c.play(pair(second, first, 22, 18))
	daemon.Round()
	require.Equal(t, "head_to_head", c.decisions()[0].Verdict.Gate, "40 games prove no 55 %")
	require.Equal(t, first, c.pointer(ledger.Production).ModelID)
	c.play(pair(first, second, 10, 40)) // the other way round
	daemon.Round()
	require.Equal(t, second, c.pointer(ledger.Production).ModelID)
	made := c.decisions()
	require.Equal(t, promotion.Advance, made[0].Verdict.Action)
	require.EqualValues(t, 90, made[0].Evidence.HeadToHead.Score.Games())
	require.EqualValues(t, 62, made[0].Evidence.HeadToHead.Score.Wins)
	for _, gate := range made[0].Verdict.Gates {
		require.True(t, gate.Passed, "%+v", gate)
	}
	require.Len(t, c.Told("MODEL_PROMOTED"), 2)
	daemon.RequireIdle()
}

// What the ledger does not know keeps a model out.
func TestWhatIsUnknownDoesNotPass(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := start(c)
	daemon.Round()
	require.Empty(t, c.decisions(), "no configuration has a model")
	canonical := c.model("unrated", 1500)
	c.point(ledger.Canonical, canonical)
	daemon.Round()
	require.Equal(t, "harnesses", c.decisions()[0].Verdict.Gate, "nobody has rated it")
	c.play(pair(canonical, "random", 60, 0))
	daemon.Round()
	verdict := c.decisions()[0].Verdict
	require.Equal(t, "heuristic", verdict.Gate)
	c.play(pair(canonical, "heuristic", 50, 10))
	require.NoError(t, c.Session.SetHealth(t.Context(), "node-1", ledger.NodeOffline, "test"))
	daemon.Round()
	require.Equal(t, "loads", c.decisions()[0].Verdict.Gate)
	require.NoError(t, c.Session.SetHealth(t.Context(), "node-1", ledger.NodeHealthy, ""))
	require.Zero(t, c.pointer(ledger.Production).Sequence)
	daemon.Round()
	require.Equal(t, canonical, c.pointer(ledger.Production).ModelID)
}

// A weaker model that an operator has put into production is taken back by three tournaments, and only by three. It is
// never promoted again, and the fourth rollback within a day is left to a human.
func TestAModelThatGotWorseIsTakenBack(t *testing.T) {
	t.Parallel()
	c, daemon, first := served(t, start)
	for number := range 3 {
		weak := c.model(fmt.Sprint("weak ", number), 1300)
		c.force(weak)
		c.lose(daemon, weak, first, 2)
		require.Equal(t, weak, c.pointer(ledger.Production).ModelID, "two tournaments are not enough")
		c.lose(daemon, weak, first, 1)
		require.Equal(t, first, c.pointer(ledger.Production).ModelID)
		require.Equal(t, first, c.pointer(ledger.Canonical).ModelID, "who learns next learns from what was restored")
		require.Equal(t, promotion.Rollback, c.decisions()[0].Verdict.Action)
		rolledBack := c.Told("PROMOTION_ROLLED_BACK")
		require.Len(t, rolledBack, number+1)
		said, err := bus.Decode[bus.PromotionRolledBack](rolledBack[number])
		require.NoError(t, err)
		require.Equal(t, []any{weak, first, number + 1}, []any{said.FromModel, said.ToModel, said.Rollbacks})
		c.requireQuarantined(daemon, weak, first)
	}
	weak := c.model("the last straw", 1300)
	c.force(weak)
	c.lose(daemon, weak, first, 4)
	require.Equal(t, weak, c.pointer(ledger.Production).ModelID)
	refused := c.decisions()[0].Verdict
	require.Equal(t, promotion.Refused, refused.Action)
	require.Equal(t, "daily_limit", refused.Gate, refused.Reason)
	require.Len(t, c.Told("PROMOTION_ROLLED_BACK"), 3)
	health := daemon.Health()
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Contains(t, health.Findings[0], "the model in production is worse and is not taken back: daily_limit")
	require.Contains(t, health.Findings[1], "production was rolled back 3 times within a week")
}

// Who was rated too high when it came into production, and less by every tournament since, stays as long as it is better
// than the model before it.
func TestALuckyStartIsNoRegression(t *testing.T) {
	t.Parallel()
	c, daemon, first := served(t, start)
	second := c.strong("second", 1700)
	c.point(ledger.Canonical, second)
	c.play(pair(second, first, 60, 30))
	daemon.Round()
	require.Equal(t, second, c.pointer(ledger.Production).ModelID)
	for range 5 {
		c.rated[second] -= 30
		c.play(pair(second, first, 12, 8))
		daemon.Round()
	}
	require.Equal(t, second, c.pointer(ledger.Production).ModelID)
	require.Zero(t, c.decisions()[0].Verdict.Regressions)
	require.Empty(t, c.Told("PROMOTION_ROLLED_BACK"))
	c.rated[second] = 1470
	for range 3 {
		c.play(pair(second, first, 10, 10))
		daemon.Round()
	}
	require.Equal(t, first, c.pointer(ledger.Production).ModelID, "rated lower three times, without losing more")
}

// force has an operator make a model canonical and put it into production.
func (c cluster) force(model string) {
	c.Helper()
	c.point(ledger.Canonical, model)
	c.point(ledger.Production, model)
}

// lose has a model lose tournaments against another one, and the daemon look after each.
func (c cluster) lose(daemon *pipelinetest.Daemon, model, against string, times int) {
	c.Helper()
	for range times {
		c.play(pair(model, against, 6, 14))
		daemon.Round()
	}
}

// requireQuarantined sees to it that neither AUTO_PROMOTION nor this daemon lets a model in again.
func (c cluster) requireQuarantined(daemon *pipelinetest.Daemon, model, canonical string) {
	c.Helper()
	quarantined, err := pipeline.Quarantined(c.Context(), c.Ledger, model)
	require.NoError(c, err)
	require.True(c, quarantined)
	decider := c.Daemon(autopromotion.Declare(autopromotion.Config{Workloads: c.Workloads}), int64(*c.played))
	iteration := c.Open(config)
	c.Candidate(config, iteration, model)
	c.FinishStage(config, iteration, spec.StageEvaluating, pipeline.Evaluated{EvaluationID: fmt.Sprint("made-up ", *c.played), ModelID: model, Valid: 1})
	require.Equal(c, ledger.StageDone, decider.Carry(c.Order(config, iteration, spec.StageDeciding)).State)
	decided := pipelinetest.Result[pipeline.Decided](c.Rig, config, iteration, spec.StageDeciding)
	require.Equal(c, spec.VerdictRejected, decided.Verdict)
	require.Equal(c, "the candidate is in quarantine", decided.Reason)
	c.Close(config, iteration, spec.VerdictRejected)

	c.point(ledger.Canonical, model)
	daemon.Round()
	require.Equal(c, "quarantine", c.decisions()[0].Verdict.Gate)
	c.point(ledger.Canonical, canonical)
	require.Equal(c, canonical, c.pointer(ledger.Production).ModelID)
}

// Whoever dies between the pointer and the event, the event is told once.
func TestAPromotionIsToldOnce(t *testing.T) {
	t.Parallel()
	c := setup(t)
	first := c.strong("first", 1500)
	c.point(ledger.Canonical, first)
	require.Error(t, c.CutOff(declare(c.Rig), 1).Tick(t.Context()), "the bus is away")
	require.Equal(t, first, c.pointer(ledger.Production).ModelID, "the pointer has moved")
	require.Empty(t, c.Told("MODEL_PROMOTED"))
	for epoch := range int64(3) {
		c.Daemon(declare(c.Rig), epoch+2).Round()
	}
	require.Len(t, c.Told("MODEL_PROMOTED"), 1)
	require.EqualValues(t, 1, c.pointer(ledger.Production).Sequence)
}

// Kills at any moment leave one decision, one move, one quarantine and one word of it.
func TestKillsGiveNoSecondRollback(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	c, daemon, first := served(t, start)
	weak := c.model("weak", 1300)
	c.force(weak)
	c.lose(daemon, weak, first, 2)
	c.play(pair(weak, first, 6, 14))
	for epoch := range int64(6) {
		c.KillDaemon(epoch + 2)
	}
	c.Daemon(declare(c.Rig), 10).Round()
	require.Equal(t, first, c.pointer(ledger.Production).ModelID)
	require.EqualValues(t, 3, c.pointer(ledger.Production).Sequence, "in, forced, back")
	require.EqualValues(t, 3, c.pointer(ledger.Canonical).Sequence, "in, forced, back")
	quarantines, err := c.Ledger.Decisions(t.Context(), pipeline.DecisionQuarantine, config, ledger.Page{})
	require.NoError(t, err)
	require.Len(t, quarantines.Items, 1)
	require.Len(t, c.Told("PROMOTION_ROLLED_BACK"), 1)
	rollbacks := 0
	for _, record := range c.decisions() {
		if record.Verdict.Action == promotion.Rollback {
			rollbacks++
		}
	}
	require.Equal(t, 1, rollbacks)
}
