package jobscheduler_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/daemons/queue/jobscheduler"
	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/ledger/ledgertest"
	"github.com/ringrift/orchestrator/internal/spec"
)

func TestRowIsTheReferences(t *testing.T) {
	t.Parallel()
	require.Equal(t, spec.Daemon{
		Type: "JOB_SCHEDULER", Category: spec.CategoryQueue, Runner: "create_job_scheduler",
		DependsOn: []spec.Type{"EVENT_ROUTER"}, HealthCheckInterval: 30 * time.Second, AutoRestart: true, MaxRestarts: 5,
		Scope: spec.ScopeCluster, StartupPosition: -1, Status: spec.StatusAvailable,
	}.WithDefaults(), jobscheduler.Declare(jobscheduler.Config{}).Spec)
}

// Jobs go where there is room, each with a workflow under its token, and the rest waits for more.
func TestJobsAreGrantedWhereThereIsRoom(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	jobs := b.submit("a", 5)
	b.tick()
	require.Equal(t, 5, b.count(jobs, ledger.Pending), "nothing without a node")
	require.Equal(t, spec.HealthOK, b.scheduler.Health(t.Context()).Status)
	b.node("n1", 2)
	b.node("n2", 1)
	b.tick()
	b.tick()
	require.Equal(t, 3, b.count(jobs, ledger.Claimed))
	for _, job := range jobs {
		if job := b.job(job.ID); job.Status == ledger.Claimed {
			require.True(t, b.open(job), "job %s", job.ID)
		}
	}
	require.Len(t, bustest.Events(t, b.client, "WORK_CLAIMED"), 3, "each is told once")
	require.Contains(t, b.scheduler.Health(t.Context()).Findings, "2 jobs wait: no node that may run it has room")
}

// What a crash between claim and grant leaves is granted again under the same token.
func TestAClaimWithoutWorkflowIsGrantedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 2)
	job := b.submit("a", 1)[0]
	claimed, err := b.operator.ClaimJob(t.Context(), job.ID, "n1", time.Minute)
	require.NoError(t, err)
	require.False(t, b.open(claimed))
	b.tick()
	require.True(t, b.open(claimed))
	require.Equal(t, claimed.Token, b.job(job.ID).Token, "it is the same grant")
}

// A lease lives as long as the workflow of its grant, and is taken back after that.
func TestLeasesFollowTheirWorkflows(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 2)
	jobs := b.submit("a", 2)
	b.tick()
	for _, job := range jobs {
		_, err := b.operator.StartJob(t.Context(), b.job(job.ID).Lease(), time.Minute)
		require.NoError(t, err)
	}
	alive, dead := b.job(jobs[0].ID), b.job(jobs[1].ID)
	require.NoError(t, b.temporal.TerminateWorkflow(t.Context(), spec.JobWorkflowID(dead.ID), "", "test"))
	require.Equal(t, ledger.Running, b.job(dead.ID).Status)
	b.tick()
	require.Equal(t, ledger.Running, b.job(dead.ID).Status, "not before its lease has lapsed: its processes may still run")
	b.lapse(alive)
	b.lapse(dead)
	b.restart(2)
	require.NoError(t, b.operator.SetDesired(t.Context(), "n1", ledger.NodeCordoned, "test", ""))
	b.tick()
	require.Equal(t, ledger.Running, b.job(alive.ID).Status, "a scheduler that was away costs nobody his lease")
	require.True(t, b.job(alive.ID).LeaseUntil.After(time.Now().Add(10*time.Second)))
	lost := b.job(dead.ID)
	require.Equal(t, ledger.Pending, lost.Status)
	require.Equal(t, []string{"n1"}, lost.AvoidedNodes)
	timeouts := bustest.Events(t, b.client, "WORK_TIMEOUT")
	require.Len(t, timeouts, 1)
	content, err := bus.Decode[bus.WorkTimeout](timeouts[0])
	require.NoError(t, err)
	require.Equal(t, dead.ID, content.JobID)
}

// While Temporal cannot be asked, no lease is taken back.
func TestNoLeaseIsTakenBackBlindly(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 2)
	job := b.submit("a", 1)[0]
	b.tick()
	b.lapse(b.job(job.ID))
	b.temporal.Close()
	var err error
	require.Eventually(t, func() bool {
		err = b.scheduler.Tick(t.Context())
		return reflect.TypeOf(err) != reflect.TypeOf(host.Later(0))
	}, patience, 5*time.Millisecond, "a round")
	require.ErrorContains(t, err, "reach the jobs")
	require.IsType(t, host.Dependency(nil), err)
	require.Equal(t, ledger.Claimed, b.job(job.ID).Status)
}

// A wish to cancel reaches the workflow, and so does the emptying of a node.
func TestRunningJobsAreToldToEnd(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 2)
	jobs := b.submit("a", 2)
	b.tick()
	_, err := b.operator.CancelJob(t.Context(), jobs[0].ID, "not needed")
	require.NoError(t, err)
	b.tick()
	require.Equal(t, spec.SignalCancelJob, b.ended(jobs[0]))
	require.True(t, b.open(b.job(jobs[1].ID)))
	require.NoError(t, b.operator.SetDesired(t.Context(), "n1", ledger.NodeDraining, "test", ""))
	b.tick()
	require.Equal(t, spec.SignalPreemptJob, b.ended(jobs[1]))
}

// An urgent job has the youngest of the others make room, once, and gets its place.
func TestACriticalJobStartsNext(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 2)
	jobs := b.submit("a", 6, func(s *ledger.JobSpec) { s.Kind = "train" })
	b.tick()
	critical := b.submit("critical", 1, func(s *ledger.JobSpec) { s.Class, s.Kind = ledger.Critical, "evaluate" })[0]
	b.tick()
	b.tick()
	var gone []ledger.Job
	require.Eventually(t, func() bool {
		gone = nil
		for _, job := range jobs {
			if job := b.job(job.ID); job.Status == ledger.Claimed && !b.open(job) {
				gone = append(gone, job)
			}
		}
		return len(gone) > 0
	}, patience, 10*time.Millisecond, "one makes room")
	require.Len(t, gone, 1, "only one, however many rounds pass")
	require.Equal(t, spec.SignalPreemptJob, b.ended(gone[0]))
	_, err := b.operator.PreemptJob(t.Context(), gone[0].Lease(), "")
	require.NoError(t, err)
	b.tick()
	require.Equal(t, ledger.Claimed, b.job(critical.ID).Status)
	require.Equal(t, ledger.Pending, b.job(gone[0].ID).Status)
}

// A job that ended is kept for its time and then forgotten; what runs or waits stays. So are decisions and ratings, but for
// the newest.
func TestFinishedJobsAreForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 1)
	jobs := b.submit("a", 2)
	_, err := b.operator.CancelJob(t.Context(), jobs[0].ID, "not needed")
	require.NoError(t, err)
	b.tick()
	require.Equal(t, ledger.Cancelled, b.job(jobs[0].ID).Status, "it is young")

	for i := range 3 {
		digest := fmt.Sprint(i)
		_, _, err := b.operator.Decide(t.Context(), ledger.Decision{Kind: "plan", Key: digest, ConfigKey: "sq5_2p", Inputs: []byte("{}"), Verdict: "made"})
		require.NoError(t, err)
		_, err = b.operator.SaveRatings(t.Context(), ledger.RatingSnapshot{ConfigKey: "sq5_2p", Harness: "h", Evidence: ledger.Evidence{Digest: digest}})
		require.NoError(t, err)
	}
	b.scheduler = newScheduler(t, jobscheduler.Config{
		KeepFinished: time.Microsecond, KeepDecisions: ledger.DecisionRetention{Age: time.Microsecond, Newest: 1},
		KeepRatings: ledger.RatingRetention{All: time.Microsecond, Daily: time.Microsecond, Newest: 2},
	}, 2, b.ledger, b.client, b.temporal, time.Now)
	b.tick()
	_, err = b.ledger.Job(t.Context(), jobs[0].ID)
	require.ErrorIs(t, err, ledger.ErrNotFound)
	require.Equal(t, ledger.Claimed, b.job(jobs[1].ID).Status)
	decisions, err := b.ledger.Decisions(t.Context(), "", "", ledger.Page{})
	require.NoError(t, err)
	require.Len(t, decisions.Items, 1)
	require.Equal(t, "2", decisions.Items[0].Key)
	ratings, err := b.ledger.RatingHistory(t.Context(), "sq5_2p", "h", ledger.Page{})
	require.NoError(t, err)
	require.Len(t, ratings.Items, 2)
}

// Without any node nothing is broken, but nothing goes on either.
func TestJobsWithoutANode(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.submit("alone", 2)
	b.tick()
	b.ahead = 2 * time.Minute
	b.tick()
	health := b.scheduler.Health(t.Context())
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Equal(t, "2 jobs wait: no node is known", health.Message)
}

// How full a disk may be is asked in each round.
func TestThePolicyIsThatOfTheRound(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	policy := jobs.DefaultPolicy()
	b.scheduler = newScheduler(t, jobscheduler.Config{Policy: func() jobs.Policy { return policy }}, 2, b.ledger, b.client, b.temporal, time.Now)
	b.node("n1", 8)
	policy.MaxDisk = 0.4
	job := b.submit("half full", 1)[0]
	b.tick()
	require.Equal(t, ledger.Pending, b.job(job.ID).Status)
	require.Contains(t, b.scheduler.Health(t.Context()).Findings, "node n1 takes no jobs: its disk is 50 % full")
	policy.MaxDisk = 0.6
	b.tick()
	require.Equal(t, "n1", b.job(job.ID).Node)
}

// A node on which one job found the disk full gets no others for a while; health says so.
func TestANodeWithAFullDiskGetsNoJobs(t *testing.T) {
	t.Parallel()
	b := setup(t, ledgertest.SQLite(t))
	b.node("n1", 8)
	found := b.submit("found it out", 1)[0]
	b.tick()
	lease := b.job(found.ID).Lease()
	_, err := b.operator.StartJob(t.Context(), lease, time.Minute)
	require.NoError(t, err)
	_, err = b.operator.RequeueJob(t.Context(), lease, ledger.Requeue{Failure: ledger.Failure{Class: "disk_full", Message: "disk full"}, AvoidNode: true, After: time.Hour})
	require.NoError(t, err)

	others := b.submit("other", 3)
	b.tick()
	require.Equal(t, 3, b.count(others, ledger.Pending))
	require.Contains(t, b.scheduler.Health(t.Context()).Findings, "node n1 takes no jobs: a job found its disk full within 10m0s")
	require.Equal(t, spec.HealthOK, b.scheduler.Health(t.Context()).Status, "for a moment that is no matter")
	b.ahead = 2 * time.Minute
	b.tick()
	health := b.scheduler.Health(t.Context())
	require.Equal(t, spec.HealthDegraded, health.Status)
	require.Equal(t, "4 jobs wait: node n1 takes no jobs: a job found its disk full within 10m0s", health.Message)

	b.node("n1", 8)
	b.node("n2", 8)
	b.tick()
	require.Equal(t, spec.HealthOK, b.scheduler.Health(t.Context()).Status)
	for _, job := range others {
		require.Equal(t, "n2", b.job(job.ID).Node)
	}
}
