package distillation_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/misc/distillation"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/thresholds"
	"github.com/ringrift/orchestrator/internal/workload"
	"github.com/ringrift/orchestrator/internal/workload/mini/game"
	"github.com/ringrift/orchestrator/internal/workload/mini/model"
	"github.com/ringrift/orchestrator/internal/workload/mini/training"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	config = pipelinetest.Config
	rounds = 20
)

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

// quick are gates that a student of the built-in workload passes, after few games. That of its size is the default, and that
// of the preset standard; that of its time is wider, for a teacher that has learnt little has little to say, and is fast.
func quick() distillation.Settings {
	return distillation.Settings{
		Version: "v7", MinCorrelation: 0.5, MinSign: 0.5, MaxLatency: 0.8, Games: 40, MinStrength: 0.05, RetryPause: time.Hour,
		HoldoutFraction: 0.2,
	}
}

func declare(r *pipelinetest.Rig) host.Declaration { return declareBy(r, quick) }

func declareBy(r *pipelinetest.Rig, settings func() distillation.Settings) host.Declaration {
	return distillation.Declare(distillation.Config{Workloads: r.Workloads, Settings: settings})
}

// cluster has a canonical model that has learnt something.
type cluster struct {
	*pipelinetest.Rig
	teacher ledger.Model
}

func setup(t *testing.T) cluster {
	t.Helper()
	r := pipelinetest.New(t, &mini)
	first := r.Bootstrap(config)
	for range rounds {
		iteration := r.Open(config)
		trained := r.Train(config, iteration, r.Combine(config, iteration, r.Model(first.ID), 60))
		if !slices.ContainsFunc(load(r, trained.ModelID).Value, func(weight float64) bool { return weight != 0 }) {
			r.Close(config, iteration, spec.VerdictRejected) // so few games may teach nothing that holds for others
			continue
		}
		teacher, err := r.Ledger.Model(t.Context(), trained.ModelID)
		require.NoError(t, err)
		_, err = r.Session.MovePointers(t.Context(), ledger.PointerMove{ConfigKey: config, Name: ledger.Canonical, ModelID: teacher.ID, Expect: 1, DecisionID: "promoted"})
		require.NoError(t, err)
		return cluster{r, teacher}
	}
	require.FailNow(t, "no model has learnt anything")
	return cluster{}
}

// load reads the file of a model.
func load(r *pipelinetest.Rig, id string) *model.Model {
	r.Helper()
	content, err := os.ReadFile(r.Path(r.Model(id)))
	require.NoError(r, err)
	m, err := model.Decode(content)
	require.NoError(r, err)
	return m
}

// until lets the daemon and the node work until there is a verdict.
func (c cluster) until(daemon *pipelinetest.Daemon) (distillation.Verdict, ledger.Decision) {
	c.Helper()
	for range rounds {
		daemon.Round()
		made, err := c.Ledger.Decision(c.Context(), pipeline.DecisionDistilled, c.teacher.ID)
		if err == nil {
			var verdict distillation.Verdict
			require.NoError(c, json.Unmarshal(made.Inputs, &verdict))
			return verdict, made
		}
		c.RunJobs()
	}
	require.FailNow(c, "no verdict", "%v", daemon.Health())
	return distillation.Verdict{}, ledger.Decision{}
}

func (c cluster) small() (ledger.Pointer, bool) {
	c.Helper()
	pointer, err := c.Ledger.Pointer(c.Context(), config, ledger.ProductionSmall)
	if err != nil {
		require.ErrorIs(c, err, ledger.ErrNotFound)
	}
	return pointer, err == nil
}

func (c cluster) completed() (all []bus.DistillationCompleted) {
	c.Helper()
	for _, event := range c.Told("DISTILLATION_COMPLETED") {
		said, err := bus.Decode[bus.DistillationCompleted](event)
		require.NoError(c, err)
		all = append(all, said)
	}
	return all
}

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "DISTILLATION", Category: spec.CategoryMisc, Runner: "create_distillation", DependsOn: []spec.Type{"EVENT_ROUTER"},
		AutoRestart: true, MaxRestarts: 5, Scope: spec.ScopeCluster, StartupPosition: 16, Status: spec.StatusAvailable,
	}.WithDefaults(), distillation.Declare(distillation.Config{}).Spec)
}

// A canonical model gets a smaller student that judges and plays like it, which takes over as the small model. What is
// said of it is what its files say.
func TestAStudentTakesOver(t *testing.T) {
	t.Parallel()
	c := setup(t)
	daemon := c.Daemon(declare(c.Rig), 1)
	verdict, made := c.until(daemon)
	require.Equal(t, "accepted", made.Verdict, made.Reason)
	pointer, moved := c.small()
	require.True(t, moved)
	require.Equal(t, verdict.StudentID, pointer.ModelID)
	student, err := c.Ledger.Model(t.Context(), verdict.StudentID)
	require.NoError(t, err)
	require.Equal(t, []string{c.teacher.ID}, student.Parents)
	require.Equal(t, "v7", verdict.Settings)
	require.Equal(t, c.teacher.ID, c.Canonical(config).ModelID, "the teacher stays what it is")

	require.InDelta(t, float64(size(c, verdict.StudentID))/float64(size(c, c.teacher.ID)), verdict.Metrics.SizeRatio, 1e-9)
	standard, err := thresholds.Preset(thresholds.Standard)
	require.NoError(t, err)
	require.Contains(t, verdict.Gates, distillation.Gate{
		Name: "size_ratio", Passed: true, Actual: verdict.Metrics.SizeRatio, Threshold: standard.Distill.MaxSizeRatio,
	})
	require.Contains(t, verdict.Gates, distillation.Gate{
		Name: "latency_ratio", Passed: true, Actual: verdict.Metrics.LatencyRatio, Threshold: quick().MaxLatency,
		Low: verdict.Metrics.LatencyLow, High: verdict.Metrics.LatencyHigh,
	})
	require.Less(t, verdict.Metrics.LatencyHigh, quick().MaxLatency)
	agreement := c.compare(verdict)
	require.InDelta(t, agreement.Correlation, verdict.Metrics.Correlation, 1e-3)
	require.InDelta(t, agreement.Sign, verdict.Metrics.SignAgreement, 1e-3)
	c.recount(verdict)

	said := c.completed()
	require.Len(t, said, 1)
	require.Equal(t, []any{verdict.StudentID, true}, []any{said[0].StudentID, said[0].Accepted})
	require.InDelta(t, 1/verdict.Metrics.LatencyRatio, said[0].Speedup, 1e-9)
	require.Len(t, c.Jobs(workload.Distill), 1)
	require.EqualValues(t, 40, c.Jobs(workload.Distill)[0].Priority)
	require.Equal(t, ledger.Low, c.Jobs(workload.Evaluate)[0].Class)
	daemon.RequireIdle()
}

func size(c cluster, id string) int64 {
	c.Helper()
	info, err := os.Stat(c.Path(c.Model(id)))
	require.NoError(c, err)
	return info.Size()
}

// job is what one of the three jobs of a verdict has left.
func (c cluster) job(verdict distillation.Verdict, number int) jobs.Report {
	return c.Report(verdict.Jobs[number])
}

// compare measures student and teacher on what was kept apart.
func (c cluster) compare(verdict distillation.Verdict) training.Agreement {
	c.Helper()
	rules, err := game.Lookup(config)
	require.NoError(c, err)
	samples, err := training.Load(c.Path(c.Left(c.job(verdict, 0), workload.RoleHoldout)), rules)
	require.NoError(c, err)
	agreement, err := training.Compare(load(c.Rig, c.teacher.ID), load(c.Rig, verdict.StudentID), samples)
	require.NoError(c, err)
	return agreement
}

// recount counts the games of the match from their file.
func (c cluster) recount(verdict distillation.Verdict) {
	c.Helper()
	won := map[string]int64{}
	played := map[string]int64{}
	metrics := c.Inspect(config, c.Left(c.job(verdict, 2), workload.RoleGames))
	for _, participant := range metrics.Participants {
		total := participant.Total()
		won[participant.ID], played[participant.ID] = int64(total.Wins), int64(total.Games)
	}
	var wins, games int64
	for _, faced := range verdict.Games {
		wins, games = wins+faced.Score.Wins, games+faced.Score.Games()
		name := faced.Opponent
		if name == c.teacher.ID {
			name = "teacher" // as the file calls it
		}
		require.Equal(c, faced.Score.Losses, won[name], name)
		require.EqualValues(c, 40, faced.Score.Games())
	}
	require.Equal(c, []int64{wins, games}, []int64{won["student"], played["student"]})
}

// A student that is not alike enough is kept and not served, and need not play.
func TestAStudentIsTurnedDown(t *testing.T) {
	t.Parallel()
	c := setup(t)
	strict := quick()
	strict.MinCorrelation = 1
	daemon := c.Daemon(declareBy(c.Rig, func() distillation.Settings { return strict }), 1)
	verdict, made := c.until(daemon)
	require.Equal(t, "rejected", made.Verdict)
	require.Contains(t, made.Reason, "its correlation is 0.")
	require.Empty(t, verdict.Games)
	_, moved := c.small()
	require.False(t, moved)
	require.Empty(t, c.Jobs(workload.Evaluate))
	require.Len(t, c.completed(), 1)
	require.False(t, c.completed()[0].Accepted)
	daemon.RequireIdle()
}

// A student of whom it does not get clear whether it is fast enough is neither served nor turned down.
func TestALatencyMayStayUnclear(t *testing.T) {
	t.Parallel()
	c := setup(t)
	half := quick()
	half.MaxLatency = 0.5
	daemon := c.Daemon(declareBy(c.Rig, func() distillation.Settings { return half }), 1)
	daemon.Round()
	c.RunJobs() // the positions
	daemon.Round()
	c.RunForged(c.Jobs(workload.Distill)[0], c.Node, func(report *jobs.Report) {
		metrics := map[string]any{}
		require.NoError(t, json.Unmarshal(report.Metrics, &metrics))
		metrics["latency_low"], metrics["latency_ratio"], metrics["latency_high"] = 0.45, 0.49, 0.55
		var err error
		report.Metrics, err = json.Marshal(metrics)
		require.NoError(t, err)
	})
	verdict, made := c.until(daemon)
	require.Equal(t, "undecided", made.Verdict)
	require.Contains(t, made.Reason, "whether its latency_ratio is at most 0.500 is not known: it is between 0.450 and 0.550")
	require.False(t, verdict.Accepted)
	require.Empty(t, verdict.Games)
	_, moved := c.small()
	require.False(t, moved)
	daemon.RequireIdle()
}

// Whoever plays too badly against its teacher is not served.
func TestAWeakStudentIsTurnedDown(t *testing.T) {
	t.Parallel()
	c := setup(t)
	strict := quick()
	strict.MinStrength = 3 // more than winning all
	verdict, made := c.until(c.Daemon(declareBy(c.Rig, func() distillation.Settings { return strict }), 1))
	require.Equal(t, "rejected", made.Verdict)
	require.Contains(t, made.Reason, "its strength is")
	require.Len(t, verdict.Games, 3)
	_, moved := c.small()
	require.False(t, moved)
}

// Generation 0 has learnt nothing that could be taught.
func TestGenerationZeroHasNoStudent(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	first := r.Bootstrap(config)
	r.Combine(config, r.Open(config), r.Model(first.ID), 10) // it has made a dataset, and was not trained on it
	before := len(r.Jobs(workload.Combine))
	daemon := r.Daemon(declare(r), 1)
	daemon.Round()
	require.Zero(t, r.RunJobs())
	require.Len(t, r.Jobs(workload.Combine), before)
	require.Equal(t, "its model was trained on nothing that is known", daemon.Health().Details["students"].(map[string]any)[config])
	require.Equal(t, spec.HealthOK, daemon.Health().Status)
}

// What has failed is told of and tried again, also by a copy that was not there; what is reported and not so has failed.
func TestFailuresAreTriedAgain(t *testing.T) {
	t.Parallel()
	c := setup(t)
	settings := quick()
	by := declareBy(c.Rig, func() distillation.Settings { return settings })
	daemon := c.Daemon(by, 1)
	daemon.Round()
	_, err := c.Session.CancelJob(t.Context(), c.pending().ID, "an operator's whim")
	require.NoError(t, err)
	daemon.Round()
	require.Len(t, c.Told("DISTILLATION_FAILED"), 1)
	require.Contains(t, daemon.Health().Findings[0], "an operator's whim; the next one begins at")
	daemon = c.Daemon(by, 2)
	daemon.Round()
	require.Zero(t, c.RunJobs(), "it waits")
	require.Len(t, c.Told("DISTILLATION_FAILED"), 1)

	settings.RetryPause = time.Nanosecond
	daemon.Round()
	c.RunJobs()
	daemon.Round()
	c.RunForged(c.pending(), c.Node, func(report *jobs.Report) {
		var metrics map[string]any
		require.NoError(t, json.Unmarshal(report.Metrics, &metrics))
		metrics["size_ratio"] = 0.01
		report.Metrics, err = json.Marshal(metrics)
		require.NoError(t, err)
	})
	daemon.Round()
	daemon.Round()
	require.Len(t, c.Told("DISTILLATION_FAILED"), 2, "%v", daemon.Health())
	_, moved := c.small()
	require.False(t, moved)
	_, made := c.until(c.Daemon(by, 3))
	require.Equal(t, "accepted", made.Verdict, made.Reason)
}

func (c cluster) pending() ledger.Job {
	c.Helper()
	list, err := c.Ledger.Jobs(c.Context(), ledger.JobFilter{Statuses: []ledger.Status{ledger.Pending}}, ledger.Page{})
	require.NoError(c, err)
	require.Len(c, list.Items, 1)
	return list.Items[0]
}

// Kills at any moment leave one student, one move and one word of it.
func TestKillsGiveNoSecondStudent(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	c := setup(t)
	epoch := int64(0)
	for range 4 {
		for range 2 {
			epoch++
			c.KillDaemon(epoch)
		}
		c.RunJobs()
	}
	_, made := c.until(c.Daemon(declare(c.Rig), epoch+1))
	require.Equal(t, "accepted", made.Verdict, made.Reason)
	require.Len(t, c.Jobs(workload.Distill), 1)
	require.Len(t, c.Jobs(workload.Evaluate), 1)
	require.Len(t, c.completed(), 1)
	pointer, moved := c.small()
	require.True(t, moved)
	require.EqualValues(t, 1, pointer.Sequence)
}
