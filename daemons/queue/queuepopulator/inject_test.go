package queuepopulator

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/host/killtest"
	"github.com/ringrift/orchestrator/internal/jobs"
	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/selfplay"
)

// satisfied by nothing: all that is played is injected.
const nothing = `{"plan_id":"p1","configs":[{"config_key":"sq5_2p","stock":0,"params":{"search_budget":7}}]}`

// An injection becomes one job, of so many games, for its node; one of another plan becomes none.
func TestInjectionsBecomeJobs(t *testing.T) {
	t.Parallel()
	b := setup(t, nothing)
	b.tick()
	require.Empty(t, b.jobs(ledger.Pending))
	injection := selfplay.Injection{ID: "n1/1", NodeID: "n1", ConfigKey: "sq5_2p", Games: 13, PlanID: "p1"}
	old := selfplay.Injection{ID: "n1/0", NodeID: "n1", ConfigKey: "sq5_2p", Games: 13, PlanID: "p0"}
	strange := selfplay.Injection{ID: "n1/2", NodeID: "n1", ConfigKey: "chess_2p", Games: 13, PlanID: "p1"}
	for _, one := range []selfplay.Injection{old, injection, strange} {
		require.NoError(t, selfplay.SaveInjection(t.Context(), b.operator, one, "test"))
	}
	b.tick()
	b.tick()
	b.restart(nothing)
	b.tick()
	queued := b.jobs(ledger.Pending)
	require.Len(t, queued, 1)
	job := queued[injection.JobKey()]
	require.Equal(t, "n1", job.TargetNode)
	require.Equal(t, "p1", job.PlanID)
	require.WithinDuration(t, time.Now().Add(selfplay.InjectionLife), job.TargetUntil, time.Minute)
	var request jobs.Request
	require.NoError(t, json.Unmarshal(job.Request, &request))
	require.JSONEq(t, `{"search_budget":7,"games":13}`, string(request.Params))
	require.Len(t, bustest.Events(t, b.client, "WORK_QUEUED"), 1)
}

// A populator that is killed again and again makes one job of each injection, and tells of it once.
func TestInjectionsSurviveKill(t *testing.T) {
	t.Parallel()
	q := &workedOff{killtest.New(t, Declare(Config{}))}
	parsed, err := selfplay.ParsePlan([]byte(nothing))
	require.NoError(t, err)
	require.NoError(t, selfplay.Save(t.Context(), q.Operator, parsed))
	made := 0
	for range killedRounds {
		q.Kill(func() {
			made++
			injection := selfplay.Injection{ID: fmt.Sprintf("n1/%d", made), NodeID: "n1", ConfigKey: "sq5_2p", Games: 5, PlanID: "p1"}
			require.NoError(t, selfplay.SaveInjection(t.Context(), q.Operator, injection, "test"))
		})
	}
	last := q.Last()
	require.NoError(t, last.Tick(t.Context()))
	require.NotZero(t, made)
	require.Len(t, q.jobs(), made)
	q.requireToldOnce()
}
