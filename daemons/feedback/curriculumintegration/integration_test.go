package curriculumintegration_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/feedback/curriculumintegration"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/feedback"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/pipeline"
	"github.com/ringrift/orchestrator/internal/pipeline/pipelinetest"
	"github.com/ringrift/orchestrator/internal/spec"
	"github.com/ringrift/orchestrator/internal/workload/workloadtest"
)

const (
	config   = pipelinetest.Config
	sister   = "sq5_3p"
	patience = 60 * time.Second
)

var mini workloadtest.Mini

func TestMain(m *testing.M) { pipelinetest.Main(m, &mini) }

func declare(*pipelinetest.Rig) host.Declaration {
	return curriculumintegration.Declare(curriculumintegration.Config{Configs: func() []string { return []string{config, sister} }})
}

func latest(r *pipelinetest.Rig) feedback.Weights {
	r.Helper()
	weights, err := feedback.LatestWeights(r.Context(), r.Ledger)
	require.NoError(r, err)
	return weights
}

// promote has two candidates of a configuration promoted, one after the other.
func promote(r *pipelinetest.Rig) {
	r.Helper()
	for range 2 {
		iteration := r.Open(config)
		r.Decide(config, iteration, spec.VerdictPromoted, 40)
		r.Close(config, iteration, spec.VerdictPromoted)
	}
}

func told(r *pipelinetest.Rig) (all []bus.CurriculumRebalanced) {
	r.Helper()
	for _, event := range r.Told("CURRICULUM_REBALANCED") {
		said, err := bus.Decode[bus.CurriculumRebalanced](event)
		require.NoError(r, err)
		all = append(all, said)
	}
	return all
}

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "CURRICULUM_INTEGRATION", Category: spec.CategoryFeedback, Runner: "create_curriculum_integration",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), curriculumintegration.Declare(curriculumintegration.Config{}).Spec)
}

// Everybody begins with 1. An advancement and a regression together make the product, and a relative gets its share.
func TestWeightsFollowResults(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	daemon.Round()
	require.Equal(t, map[string]float64{config: 1, sister: 1}, latest(r).Values)
	promote(r)
	daemon.Round()
	second := latest(r)
	require.InDelta(t, 1.3, second.Values[config], 1e-3)
	require.InDelta(t, 1.12, second.Values[sister], 1e-3)
	require.Equal(t, map[string]float64{config: 1, sister: 1}, second.Previous)

	drop := 75.0
	propose(r, daemon, bus.RegressionDetected{Proposal: about("e1"), Metric: "elo", Severity: "severe", EloDrop: &drop})
	daemon.Round()
	require.InDelta(t, 1.3*.55, latest(r).Values[config], 1e-3)
	require.Equal(t, []string{config}, latest(r).Changed)
	said := told(r)
	require.Len(t, said, 3)
	require.EqualValues(t, 3, said[2].Version)
	require.Equal(t, latest(r).Values, said[2].Weights)
	require.Contains(t, said[2].Trigger, "2 promotions in a row, because of e1")
	daemon.RequireIdle()
}

func about(evidence string) bus.Proposal {
	return bus.Proposal{Config: bus.ConfigOf(config), Reason: "because of " + evidence, Evidence: evidence}
}

// propose has the daemon hear of something by the bus.
func propose(r *pipelinetest.Rig, daemon *pipelinetest.Daemon, payloads ...bus.Payload) {
	r.Helper()
	subscriber := daemon.Ticker.(host.Subscriber)
	subscription, err := r.Bus.Session("CURRICULUM_INTEGRATION", "", 1).Subscribe(r.Context(), subscriber.Subscriptions(), subscriber.Handle)
	require.NoError(r, err)
	defer subscription.Close()
	var publishing sync.WaitGroup
	for _, payload := range payloads {
		publishing.Go(func() {
			if err := r.Bus.Session("METRICS_ANALYSIS", "", 0).Publish(r.Context(), payload); err != nil {
				r.Error(err)
			}
		})
	}
	publishing.Wait()
	require.Eventually(r, func() bool {
		noted, err := feedback.Proposals(r.Context(), r.Ledger, config)
		return err == nil && len(noted) == len(payloads)
	}, patience, 10*time.Millisecond)
}

// Of several proposals at once none is lost.
func TestProposalsAtOnce(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	daemon := r.Daemon(declare(r), 1)
	propose(r, daemon,
		bus.RegressionDetected{Proposal: about("e1"), Metric: "elo", Severity: "minor"},
		bus.RegressionDetected{Proposal: about("e2"), Metric: "win_rate", Severity: "minor"},
		bus.TrainingLossAnomaly{Proposal: about("e3"), RunID: "r1", Epoch: 1})
	daemon.Round()
	require.InDelta(t, .7*.7*.85, latest(r).Values[config], 1e-3)
}

// Whoever is killed meanwhile, each version is made once and told once.
func TestKillsGiveNoSecondVersion(t *testing.T) {
	pipelinetest.DaemonToKill(t, declare)
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	for epoch := range int64(2) {
		r.KillDaemon(epoch + 1)
	}
	r.Daemon(declare(r), 9).Round()
	promote(r)
	require.Error(t, r.CutOff(declare(r), 10).Tick(t.Context()), "the bus is away")
	require.EqualValues(t, 2, latest(r).Version)
	for epoch := range int64(3) {
		r.KillDaemon(epoch + 11)
	}
	r.Daemon(declare(r), 20).Round()
	require.EqualValues(t, 2, latest(r).Version)
	require.Len(t, told(r), 2)
}

// Once the training of all configurations is over nobody is weighed any more, though weights fade.
func TestWhatIsOverIsNotWeighed(t *testing.T) {
	t.Parallel()
	r := pipelinetest.New(t, &mini)
	policy := feedback.DefaultPolicy()
	policy.Curriculum.HalfLife = 2 * time.Second
	var limit atomic.Int64 // 0: none
	daemon := r.Daemon(curriculumintegration.Declare(curriculumintegration.Config{
		Configs: func() []string { return []string{config} }, Policy: func() feedback.Policy { return policy },
		Terms: func(string) pipeline.Terms {
			return pipeline.Terms{Targets: pipeline.Targets{Iterations: limit.Load()}}
		},
	}), 1)
	promote(r)
	daemon.Round()
	weighed := latest(r)
	require.NotZero(t, weighed.Version)
	require.NotEqual(t, 1., weighed.Of(config, weighed.MadeAt))
	limit.Store(2)
	require.Eventually(t, func() bool {
		daemon.Round()
		return latest(r).Of(config, time.Now()) == 1
	}, patience, 10*time.Millisecond, "it fades by itself")
	require.Equal(t, weighed.Version, latest(r).Version)
}
