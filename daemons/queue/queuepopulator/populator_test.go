package queuepopulator

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/selfplay"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/tournament"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "QUEUE_POPULATOR", Category: spec.CategoryQueue, Runner: "create_queue_populator",
		DependsOn: []spec.Type{"EVENT_ROUTER", "SELFPLAY_COORDINATOR"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Critical: true, Scope: spec.ScopeCluster, StartupPosition: 5, Status: spec.StatusAvailable,
	}.WithDefaults(), Declare(Config{}).Spec)
}

type bundle struct {
	t         *testing.T
	ledger    *ledger.Ledger
	operator  *ledger.Session
	client    *bus.Client
	populator *populator
	now       time.Time
	epoch     int64
}

func setup(t *testing.T, plan string) *bundle {
	t.Helper()
	opened := ledgertest.SQLite(t)
	b := &bundle{t: t, ledger: opened, operator: opened.Session("operator", 0), client: bustest.Start(t), now: time.Now()}
	b.restart(plan)
	return b
}

// restart replaces the populator by a newer copy, which may have another plan.
func (b *bundle) restart(plan string) { b.configure(Config{}, plan) }

func (b *bundle) configure(config Config, plan string) {
	b.t.Helper()
	parsed, err := selfplay.ParsePlan([]byte(plan))
	require.NoError(b.t, err)
	require.NoError(b.t, selfplay.Save(b.t.Context(), b.operator, parsed))
	b.epoch++
	epoch := b.epoch
	b.populator = newPopulator(config.withDefaults(), host.Runtime{
		Epoch: epoch, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return b.now }, Bus: b.client.Session(Type, "", epoch),
		Ledger: func(context.Context) (*ledger.Session, error) { return b.ledger.Session(string(Type), epoch), nil },
	})
	require.NoError(b.t, b.populator.Ready(b.t.Context()))
}

func (b *bundle) tick() {
	b.t.Helper()
	require.NoError(b.t, b.populator.Tick(b.t.Context()))
}

// jobs are all jobs of a status, by idempotency key.
func (b *bundle) jobs(status ledger.Status) map[string]ledger.Job {
	b.t.Helper()
	list, err := b.ledger.Jobs(b.t.Context(), ledger.JobFilter{Statuses: []ledger.Status{status}}, ledger.Page{Limit: 1000})
	require.NoError(b.t, err)
	all := map[string]ledger.Job{}
	for _, job := range list.Items {
		all[job.IdempotencyKey] = job
	}
	return all
}

func (b *bundle) node(id string) {
	b.t.Helper()
	require.NoError(b.t, b.operator.NodeSeen(b.t.Context(), ledger.NodeReport{ID: id}))
	require.NoError(b.t, b.operator.SetHealth(b.t.Context(), id, ledger.NodeHealthy, ""))
}

// others puts jobs of another kind into the queue.
func (b *bundle) others(count int) (ids []string) {
	b.t.Helper()
	specs := make([]ledger.JobSpec, count)
	for i := range specs {
		specs[i] = ledger.JobSpec{IdempotencyKey: fmt.Sprintf("other/%d/%d", len(b.jobs(ledger.Pending)), i), Kind: "evaluate"}
	}
	submitted, err := b.operator.SubmitJobs(b.t.Context(), specs)
	require.NoError(b.t, err)
	for _, one := range submitted {
		ids = append(ids, one.Job.ID)
	}
	return ids
}

// run claims, starts and ends a job.
func (b *bundle) run(job ledger.Job, end func(ledger.Lease) error) {
	b.t.Helper()
	claimed, err := b.operator.ClaimJob(b.t.Context(), job.ID, "n1", time.Minute)
	require.NoError(b.t, err)
	_, err = b.operator.StartJob(b.t.Context(), claimed.Lease(), time.Minute)
	require.NoError(b.t, err)
	if end != nil {
		require.NoError(b.t, end(claimed.Lease()))
	}
}

func (b *bundle) complete(lease ledger.Lease) error {
	_, err := b.operator.CompleteJob(b.t.Context(), lease, nil)
	return err
}

func (b *bundle) fail(lease ledger.Lease) error {
	_, err := b.operator.FailJob(b.t.Context(), lease, ledger.Failure{Class: "internal"})
	return err
}

const endless = `{"plan_id":"p1","configs":[{"config_key":"sq5_2p","stock":1000000,"weight":3},{"config_key":"hex3_2p","stock":1000000,"weight":1}]}`

func TestWithoutAPlanItIsIdle(t *testing.T) {
	t.Parallel()
	opened := ledgertest.SQLite(t)
	idle := newPopulator(Config{}.withDefaults(), host.Runtime{Now: time.Now, Ledger: func(context.Context) (*ledger.Session, error) {
		return opened.Session(string(Type), 1), nil
	}})
	require.NoError(t, idle.Tick(t.Context()))
	health := idle.Health(t.Context())
	require.Equal(t, spec.HealthOK, health.Status, "nothing is wanted")
	require.Contains(t, health.Message, "SELFPLAY_COORDINATOR")
}

// Without workers the depth settles at its target, by the weights, and stays there.
func TestDepthSettlesAtItsTarget(t *testing.T) {
	t.Parallel()
	b := setup(t, endless)
	for range 50 {
		b.tick()
	}
	pending := b.jobs(ledger.Pending)
	require.Equal(t, 100, len(pending))
	counts := map[string]int{}
	for _, job := range pending {
		counts[job.ConfigKey]++
	}
	require.Equal(t, map[string]int{"sq5_2p": 75, "hex3_2p": 25}, counts)
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUED"), 100)
	require.Equal(t, spec.HealthOK, b.populator.Health(t.Context()).Status)
	b.run(pending["selfplay/p1/sq5_2p/0"], b.complete)
	b.tick()
	require.Equal(t, 100, len(b.jobs(ledger.Pending)), "what was taken is filled up")
	require.Contains(t, b.jobs(ledger.Pending), "selfplay/p1/sq5_2p/75", "numbers go on")
}

// Nodes that take jobs as fast as the populator looks never find the queue empty, and get all configurations by weight.
func TestWorkersNeverFindTheQueueEmpty(t *testing.T) {
	t.Parallel()
	b := setup(t, endless)
	b.configure(Config{Depth: 20}, endless)
	b.node("n1")
	b.tick()
	for range 6 {
		taken := 0
		for _, job := range b.jobs(ledger.Pending) {
			if taken++; taken < 20 {
				b.run(job, b.complete)
			}
		}
		require.NotEmpty(t, b.jobs(ledger.Pending))
		b.tick()
		require.Len(t, b.jobs(ledger.Pending), 20)
	}
	counts := map[string]int{}
	for _, job := range b.jobs(ledger.Completed) {
		counts[job.ConfigKey]++
	}
	require.InDelta(t, 0.75, float64(counts["sq5_2p"])/float64(counts["sq5_2p"]+counts["hex3_2p"]), 0.1)
}

// A crash between the submission and the note of it changes nothing, and neither does the loss of the note.
func TestNumbersSurvive(t *testing.T) {
	t.Parallel()
	b := setup(t, endless)
	b.tick()
	first := b.jobs(ledger.Pending)
	b.restart(endless)
	b.populator.state = state{PlanID: "p1", Next: map[string]int64{}} // as if the checkpoint had not been written
	for _, key := range []string{"selfplay/p1/sq5_2p/0", "selfplay/p1/sq5_2p/1"} {
		b.run(first[key], b.complete)
	}
	for range 5 {
		b.tick()
	}
	require.Equal(t, 100, len(b.jobs(ledger.Pending)))
	require.Equal(t, 2, len(b.jobs(ledger.Completed)), "no job is made again")
	for key, job := range b.jobs(ledger.Pending) {
		if before, known := first[key]; known {
			require.Equal(t, before.ID, job.ID)
		}
	}
}

// A stock is filled up, which is told once, and filled up again when an iteration has taken the games.
func TestAStockIsKept(t *testing.T) {
	t.Parallel()
	const plan = `{"plan_id":"p1","configs":[{"config_key":"sq5_2p","games_per_job":10,"stock":25}]}`
	b := setup(t, plan)
	b.node("n1")
	b.tick()
	pending := b.jobs(ledger.Pending)
	require.Equal(t, 3, len(pending))
	number := 0
	for _, job := range pending {
		b.run(job, b.complete)
		games := make([]ledger.Game, 10)
		for i := range games {
			number++
			games[i] = ledger.Game{ID: fmt.Sprintf("g%d", number), Moves: 9, FinishedAt: time.Now()}
		}
		_, err := b.operator.RecordGames(t.Context(), ledger.GameFile{
			Games: 10, SHA256: strings.Repeat(fmt.Sprint(number/10), 64), ConfigKey: "sq5_2p", BatchID: job.ID, Node: "n1",
			LogicalDigest: strings.Repeat("a", 64),
		}, games)
		require.NoError(t, err)
	}
	for range 4 {
		b.tick()
	}
	b.restart(plan)
	b.tick()
	require.Zero(t, len(b.jobs(ledger.Pending)))
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUE_EXHAUSTED"), 1)
	health := b.populator.Health(t.Context())
	require.Equal(t, spec.HealthOK, health.Status, "an empty queue beside a full stock is idle")
	require.Equal(t, "every configuration has its stock of games", health.Message)
	_, err := b.operator.StartIteration(t.Context(), "sq5_2p", "sq5_2p/1", "COLLECTING")
	require.NoError(t, err)
	cut, err := b.operator.CutGames(t.Context(), "sq5_2p", 1)
	require.NoError(t, err)
	require.Len(t, cut, 3)
	b.tick()
	require.Len(t, b.jobs(ledger.Pending), 3)
	require.Contains(t, b.jobs(ledger.Pending), "selfplay/p1/sq5_2p/3", "numbers go on")
}

// Another plan takes the place of what the old one has left in the queue.
func TestAnotherPlanSupersedes(t *testing.T) {
	t.Parallel()
	b := setup(t, endless)
	b.tick()
	b.run(b.jobs(ledger.Pending)["selfplay/p1/hex3_2p/0"], nil)
	b.restart(`{"plan_id":"p2","configs":[{"config_key":"sq5_2p","stock":1000000}]}`)
	b.tick()
	pending := b.jobs(ledger.Pending)
	require.Equal(t, 100, len(pending))
	for key := range pending {
		require.Contains(t, key, "selfplay/p2/sq5_2p/")
	}
	require.Equal(t, 99, len(b.jobs(ledger.Cancelled)))
	require.Equal(t, 1, len(b.jobs(ledger.Running)), "what runs is left to end")
}

// A queue that others have filled gets a trickle, a full one nothing, and an empty one all again; each is told once.
func TestPressureHoldsBack(t *testing.T) {
	t.Parallel()
	small := Config{Depth: 10, Soft: 50, Trickle: 5, Hard: 100, Recover: 20}
	b := setup(t, endless)
	b.configure(small, endless)
	ids := b.others(50)
	for range 3 {
		b.tick()
	}
	require.Len(t, selfplayJobs(b.jobs(ledger.Pending)), 5)
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUE_BACKPRESSURE"), 1)
	ids = append(ids, b.others(45)...)
	b.tick()
	for _, job := range selfplayJobs(b.jobs(ledger.Pending)) {
		b.run(job, b.complete)
	}
	ids = append(ids, b.others(5)...)
	b.tick()
	b.tick()
	require.Empty(t, selfplayJobs(b.jobs(ledger.Pending)))
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUE_BACKPRESSURE"), 2)
	for _, id := range ids {
		_, err := b.operator.CancelJob(t.Context(), id, "test")
		require.NoError(t, err)
	}
	b.configure(small, endless)
	b.tick()
	b.tick()
	require.Len(t, selfplayJobs(b.jobs(ledger.Pending)), 10)
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUE_BACKPRESSURE_RELEASED"), 1)
}

func selfplayJobs(all map[string]ledger.Job) (found []ledger.Job) {
	for _, job := range all {
		if job.Kind == "selfplay" {
			found = append(found, job)
		}
	}
	return found
}

// Levels rise with the depth and fall with a margin.
func TestLevels(t *testing.T) {
	t.Parallel()
	config := Config{}.withDefaults()
	for _, test := range []struct {
		depth        int64
		before, want string
	}{
		{499, levelNormal, levelNormal}, {500, levelNormal, levelSoft}, {1000, levelNormal, levelHard}, {999, levelHard, levelHard},
		{499, levelHard, levelSoft}, {201, levelSoft, levelSoft}, {200, levelSoft, levelNormal}, {200, levelHard, levelNormal}, {0, "", levelNormal},
	} {
		require.Equal(t, test.want, config.level(test.depth, test.before), "%d after %s", test.depth, test.before)
	}
}

// When one job after another fails, or jobs run and none ends, only enough is added to see when that is over.
func TestNothingIsAddedInVain(t *testing.T) {
	t.Parallel()
	few := Config{Depth: 10}
	b := setup(t, endless)
	b.configure(few, endless)
	b.node("n1")
	b.tick()
	number := 0
	for _, job := range b.jobs(ledger.Pending) {
		end := b.fail
		if number++; number > 5 {
			end = nil // it runs for ever
		}
		b.run(job, end)
	}
	b.tick()
	require.Equal(t, 1, len(b.jobs(ledger.Pending)))
	b.tick()
	b.configure(few, endless)
	b.tick()
	require.Len(t, bustest.Events(t, b.client, "QUEUE_POPULATION_SKIPPED"), 1, "told once")

	b = setup(t, endless)
	b.configure(few, endless)
	b.tick()
	for _, job := range b.jobs(ledger.Pending) {
		b.run(job, nil)
	}
	b.tick()
	require.Equal(t, 10, len(b.jobs(ledger.Pending)))
	for range 4 {
		b.now = b.now.Add(2 * time.Minute)
		b.tick()
	}
	for _, job := range b.jobs(ledger.Pending) {
		_, err := b.operator.CancelJob(t.Context(), job.ID, "test")
		require.NoError(t, err)
	}
	b.tick()
	b.configure(few, endless)
	b.tick()
	require.Len(t, bustest.Events(t, b.client, "QUEUE_POPULATION_SKIPPED"), 1, "a new copy knows of it")
	require.Equal(t, 1, len(b.jobs(ledger.Pending)))
	require.Contains(t, b.populator.Health(t.Context()).Findings, "jobs run and none is completed: the nodes may be cut off")
}

// A planned tournament has its job once, whoever looks, also where nobody plans self-play; one that has ended has none.
func TestTournamentsAreQueuedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, `{"plan_id":"p","configs":[]}`)
	model, err := b.operator.AddModel(t.Context(), ledger.Model{SHA256: strings.Repeat("a", 64), ConfigKey: "sq5_2p", Kind: "table", Workload: "mini", WorkloadVersion: "1"})
	require.NoError(t, err)
	_, err = b.operator.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: "sq5_2p", Name: ledger.Canonical, ModelID: model.ID, DecisionID: "first"})
	require.NoError(t, err)
	queued := func() []ledger.Job {
		list, err := b.ledger.Jobs(t.Context(), ledger.JobFilter{Kind: "match"}, ledger.Page{})
		require.NoError(t, err)
		return list.Items
	}
	for number := range int64(3) {
		plan := tournament.Plan{ID: fmt.Sprintf("sq5_2p/ladder/%d", number), ConfigKey: "sq5_2p", Kind: tournament.Ladder, Number: number, Job: ledger.JobSpec{Kind: "match"}}
		_, err := tournament.Save(t.Context(), b.operator, plan)
		require.NoError(t, err)
		for range 2 {
			require.NoError(t, b.populator.Tick(t.Context()))
			b.restart(`{"plan_id":"p","configs":[]}`)
		}
		require.Len(t, queued(), int(number)+1)
		require.Equal(t, []string{plan.JobKey(), "sq5_2p", plan.ID}, []string{queued()[0].IdempotencyKey, queued()[0].ConfigKey, queued()[0].PlanID})
		_, err = tournament.End(t.Context(), b.operator, tournament.Result{ID: plan.ID, ConfigKey: "sq5_2p"})
		require.NoError(t, err)
	}
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUED"), 3)
}
