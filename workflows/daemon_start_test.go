package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/spec"
)

func TestDaemonStarts(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t)
	run := r.requireRuns(1)
	require.Equal(t, spec.QueueDaemons, run.queue)
	require.Equal(t, 60*time.Second, run.beat, "heartbeat timeout")
	require.Equal(t, 6, run.Attempts, "one start and five restarts")
	r.requirePhase(spec.PhaseStarting)

	r.ready()
	info := r.requirePhase(spec.PhaseRunning)
	require.True(t, info.Ready)
	require.Equal(t, workerName, info.Worker)
	require.Equal(t, run.epoch, info.Epoch)
	require.Equal(t, spec.HealthOK, info.Health.Status)
	require.Equal(t, info.Since.Truncate(time.Second), info.BudgetResetAt.Add(-time.Hour).Truncate(time.Second))
	r.requireArrows("STOPPED→STARTING", "STARTING→RUNNING")
	require.Equal(t, run.epoch, r.lastChange().Epoch)
}

func TestDaemonWaitsUntilCleared(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, underSupervisor, notCleared)
	r.requirePhase(spec.PhaseBlocked)
	require.Equal(t, []string{spec.SignalAsk}, r.sentNames())

	r.signal(spec.SignalBlocked, spec.Blocked{On: []spec.Type{"EVENT_ROUTER", "DATA_SERVER"}})
	require.Equal(t, []spec.Type{"EVENT_ROUTER", "DATA_SERVER"}, r.requirePhase(spec.PhaseBlocked).BlockedOn)
	r.wait(time.Hour)
	r.requirePhase(spec.PhaseBlocked)
	require.Empty(t, r.world.runs, "it must not start before it is cleared")
	require.Equal(t, []string{spec.SignalAsk}, r.sentNames(), "it asks once")

	r.signal(spec.SignalClear, spec.Clearance{Spec: autoSync(critical)})
	require.True(t, r.requireRuns(1).Spec.Critical, "it takes the row of its clearance")
	require.Empty(t, r.requirePhase(spec.PhaseStarting).BlockedOn)
	r.requireArrows("STOPPED→BLOCKED", "BLOCKED→STARTING")
}

func TestDaemonStartedBlockedDoesNotAsk(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, underSupervisor, func(in *spec.DaemonInput) { in.Cleared, in.BlockedOn = false, []spec.Type{"EVENT_ROUTER"} })
	require.Equal(t, []spec.Type{"EVENT_ROUTER"}, r.requirePhase(spec.PhaseBlocked).BlockedOn)
	require.Empty(t, r.sentNames(), "its parent knows already")
}

func TestDaemonAsksAgainWhileItsParentIsGone(t *testing.T) {
	t.Parallel()
	r := launch(t, "daemon/AUTO_SYNC", spec.WorkflowDaemon, spec.DaemonInput{Spec: autoSync(), Parent: spec.SupervisorID}, func(r *rig) {
		r.world.answers = func(sent) bool { return r.env.Now().Sub(r.began) > 20*time.Second }
	})
	r.wait(15 * time.Second)
	require.Empty(t, r.sentNames())
	r.wait(15 * time.Second)
	require.Equal(t, []string{spec.SignalAsk}, r.sentNames())
}

func TestDaemonOnNodeUsesItsQueue(t *testing.T) {
	t.Parallel()
	r := launchDaemon(t, onNode)
	require.Equal(t, "node/node-1", r.requireRuns(1).queue)
	info := r.requirePhase(spec.PhaseStarting)
	require.Equal(t, spec.KindMember, info.Kind)
	require.Equal(t, "node-1", info.Node)
}

func TestDaemonIgnoresReportsOfOlderAttempts(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	run := r.run()
	old := spec.Report{Epoch: run.epoch, Attempt: 1, Worker: "other", At: r.env.Now()}

	r.fail(spec.CauseError, "boom", time.Minute)
	r.requirePhase(spec.PhaseRestarting)
	for _, kind := range []spec.ReportKind{spec.ReportReady, spec.ReportFailed, spec.ReportHealth} {
		late := old
		late.Kind, late.Cause = kind, spec.CauseError
		r.signal(spec.SignalReport, late)
		info := r.requirePhase(spec.PhaseRestarting)
		require.Equal(t, 1, info.RestartCount, "a late %s report must not count", kind)
		require.Equal(t, "boom", info.LastError)
	}
	r.wait(time.Minute)
	r.ready()
	require.Equal(t, workerName, r.requirePhase(spec.PhaseRunning).Worker)
}

func TestDaemonIgnoresReportsOfAnEarlierActivity(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	first := r.run()
	r.command(spec.VerbRestart, spec.Command{})
	r.requireRuns(2)
	r.requirePhase(spec.PhaseStarting)

	r.signal(spec.SignalReport, spec.Report{Kind: spec.ReportReady, Epoch: first.epoch, Attempt: 1, Worker: workerName, At: r.env.Now()})
	r.requirePhase(spec.PhaseStarting)
	r.signal(spec.SignalReport, spec.Report{Kind: spec.ReportFailed, Epoch: first.epoch, Cause: spec.CauseError, Error: "old", At: r.env.Now()})
	info := r.requirePhase(spec.PhaseStarting)
	require.Zero(t, info.RestartCount)
}

func TestDaemonShowsItsVerdict(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	r.world.report(r.run(), spec.Report{Kind: spec.ReportHealth, Health: spec.Health{Status: spec.HealthDegraded, Message: "slow disk"}})
	r.wait(step)
	info := r.requirePhase(spec.PhaseRunning)
	require.Equal(t, spec.HealthDegraded, info.Health.Status)
	require.Equal(t, "slow disk", info.Health.Message)
	r.requireArrows("STOPPED→STARTING", "STARTING→RUNNING")
}

// Reports are sent side by side after an outage: what a host said first may come last.
func TestDaemonKeepsTheNewestVerdict(t *testing.T) {
	t.Parallel()
	r := launchRunning(t)
	now, run := r.env.Now(), r.run()
	for _, report := range []spec.Report{
		{Kind: spec.ReportHealth, At: now.Add(time.Second), Health: spec.Health{Status: spec.HealthOK}},
		{Kind: spec.ReportHealth, At: now, Health: spec.Health{Status: spec.HealthUnhealthy}},
		{Kind: spec.ReportReady, At: now, Health: spec.Health{Status: spec.HealthUnknown}},
	} {
		report.Epoch, report.Attempt, report.Worker = run.epoch, run.attempt, workerName
		r.signal(spec.SignalReport, report)
		require.Equal(t, spec.HealthOK, r.requirePhase(spec.PhaseRunning).Health.Status)
	}
}
