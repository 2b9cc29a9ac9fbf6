package cli_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/bus/bustest"
	"github.com/ringrift/orchestrator/internal/control/controltest"
	"github.com/ringrift/orchestrator/internal/spec"
)

// began is the start-up that the fleets below have had.
var began = now.Add(-time.Hour)

// course is a daemon's start, and a restart that came later.
func course(name spec.Type, started, ready time.Duration) []spec.Transition {
	return []spec.Transition{
		{Daemon: name, Seq: 1, From: spec.PhaseStopped, To: spec.PhaseStarting, At: began.Add(started)},
		{Daemon: name, Seq: 2, From: spec.PhaseStarting, To: spec.PhaseRunning, At: began.Add(ready)},
		{Daemon: name, Seq: 3, From: spec.PhaseRunning, To: spec.PhaseRestarting, Cause: spec.CauseError, At: now.Add(-time.Minute)},
		{Daemon: name, Seq: 4, From: spec.PhaseRestarting, To: spec.PhaseRunning, At: now.Add(-time.Second)},
	}
}

// courses are those of the whole fleet.
func courses() map[spec.Type][]spec.Transition {
	return map[spec.Type][]spec.Transition{
		"EVENT_ROUTER":         course("EVENT_ROUTER", 0, 412*time.Millisecond),
		"DLQ_RETRY":            course("DLQ_RETRY", 430*time.Millisecond, 1900*time.Millisecond),
		"CROSS_PROCESS_POLLER": course("CROSS_PROCESS_POLLER", 431*time.Millisecond, 700*time.Millisecond),
		"HEALTH_SERVER":        course("HEALTH_SERVER", 1925*time.Millisecond, 2025*time.Millisecond),
	}
}

// withHistory is a fleet whose daemons have had these changes.
func withHistory(history map[spec.Type][]spec.Transition) controltest.Fleet {
	fleet := healthy()
	for i, each := range fleet.Daemons {
		own := *each.Own
		own.Transitions = history[own.Daemon]
		fleet.Daemons[i].Own = &own
	}
	return fleet
}

func TestCriticalChain(t *testing.T) {
	t.Parallel()
	h := raised(t, withHistory(courses()))
	for name, line := range map[string]string{
		"chain":          "critical-chain",
		"chain-json":     "critical-chain -o json",
		"chain-of-one":   "critical-chain cross_process_poller",
		"chain-before":   "critical-chain --at 2h",
		"chain-bad-at":   "critical-chain --at yesterday",
		"chain-future":   "critical-chain --at 2099-01-01T00:00:00Z",
		"chain-no-such":  "critical-chain EVENT_ROUTRE",
		"chain-not-part": "critical-chain data_pipeline",
	} {
		h.golden(t, name, h.run(t.Context(), strings.Fields(line)...))
	}
}

// A start-up that is not over is told as far as it has come.
func TestCriticalChainOfAnUnfinishedStartup(t *testing.T) {
	t.Parallel()
	history := courses()
	retry := history["DLQ_RETRY"][:1]
	for i := range 2 {
		retry = append(retry, spec.Transition{Daemon: "DLQ_RETRY", Seq: int64(2 + i), From: spec.PhaseStarting, To: spec.PhaseRestarting, At: began.Add(time.Second)})
	}
	history["DLQ_RETRY"] = retry
	delete(history, "HEALTH_SERVER")
	h := raised(t, withHistory(history))
	h.golden(t, "chain-unfinished", h.run(t.Context(), "critical-chain"))
	h.golden(t, "chain-unfinished-one", h.run(t.Context(), "critical-chain", "DLQ_RETRY"))
}

// What the daemons do not keep any more the event log has; without it, it is said what is not known.
func TestCriticalChainFromTheEventLog(t *testing.T) {
	t.Parallel()
	history := courses()
	server := bustest.Serve(t, t.TempDir(), "127.0.0.1:-1")
	client := bustest.Connect(t, server.URL())
	bustest.CreateStreams(t, server.URL())
	for name, changes := range history {
		for _, change := range changes {
			event, err := bus.NewEvent(bus.TransitionPayload(change), bus.Origin{Source: string(name), OccurredAt: change.At})
			require.NoError(t, err)
			require.NoError(t, client.Session(name, "", 0).PublishEvent(t.Context(), event))
		}
	}
	history["DLQ_RETRY"] = history["DLQ_RETRY"][2:]
	h := raised(t, withHistory(history))
	h.golden(t, "chain-unknown", h.run(t.Context(), "critical-chain"))
	h.Config.NATSURL = server.URL()
	h.golden(t, "chain", h.run(t.Context(), "critical-chain"))
	h.golden(t, "chain-logged", h.run(t.Context(), "critical-chain", "--at", "30m", "dlq_retry"))
}
