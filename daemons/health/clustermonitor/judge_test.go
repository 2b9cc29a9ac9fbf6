package clustermonitor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ringrift/orchestrator/internal/ledger"
	"github.com/ringrift/orchestrator/internal/nodes"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	report := func(age time.Duration) sighting {
		return sighting{entry: nodes.Entry{Age: age}, reported: true, watched: time.Hour}
	}
	since := func(watched time.Duration, s sighting) sighting {
		s.watched = watched
		return s
	}
	gone := func(s sighting, left bool) sighting {
		s.observed, s.presence = true, nodes.Presence{Left: left}
		return s
	}
	for name, test := range map[string]struct {
		seen sighting
		want ledger.NodeHealth
		left bool
	}{
		"reports":                       {report(time.Second), ledger.NodeHealthy, false},
		"reports, peers do not see it":  {gone(report(time.Second), false), ledger.NodeHealthy, false},
		"one report missed":             {report(nodes.Fresh + time.Second), ledger.NodeSuspect, false},
		"three missed":                  {report(nodes.Fresh + 11*time.Second), ledger.NodeUnhealthy, false},
		"five missed":                   {report(nodes.Fresh + 21*time.Second), ledger.NodeEvicted, false},
		"a minute":                      {report(nodes.Fresh + time.Minute), ledger.NodeOffline, false},
		"one missed, and peers miss it": {gone(report(nodes.Fresh+time.Second), false), ledger.NodeOffline, false},
		"left":                          {gone(report(nodes.Fresh+time.Second), true), ledger.NodeOffline, true},
		"a minute, none could report":   {since(0, report(nodes.Fresh+time.Minute)), ledger.NodeSuspect, false},
		"a minute, others do for 21 s":  {since(21*time.Second, report(nodes.Fresh+time.Minute)), ledger.NodeEvicted, false},
		"peers miss it, none reported":  {since(0, gone(report(nodes.Fresh+time.Minute), false)), ledger.NodeOffline, false},
		"never reported":                {sighting{}, ledger.NodeOffline, false},
		"unreadable report": {
			sighting{entry: nodes.Entry{Fault: "no JSON"}, reported: true}, ledger.NodeSuspect, false,
		},
	} {
		got := test.seen.judge()
		require.Equal(t, test.want, got.health, name)
		require.Equal(t, test.left, got.left, name)
		require.Equal(t, test.want == ledger.NodeHealthy, got.reason == "", name)
	}
}

func TestRecoveredTakesTwoGoodLooksFromIllness(t *testing.T) {
	t.Parallel()
	well, suspect, offline := verdict{health: ledger.NodeHealthy}, verdict{health: ledger.NodeSuspect}, verdict{health: ledger.NodeOffline}
	for name, test := range map[string]struct {
		current ledger.NodeHealth
		seen    verdict
		wellFor time.Duration
		want    ledger.NodeHealth
	}{
		"new":                  {ledger.NodeUnknown, well, 0, ledger.NodeHealthy},
		"a blip":               {ledger.NodeSuspect, well, 0, ledger.NodeHealthy},
		"first good look":      {ledger.NodeOffline, well, 0, ledger.NodeOffline},
		"second good look":     {ledger.NodeOffline, well, 5 * time.Second, ledger.NodeHealthy},
		"worse counts at once": {ledger.NodeHealthy, offline, 0, ledger.NodeOffline},
		"never half better":    {ledger.NodeOffline, suspect, 0, ledger.NodeOffline},
	} {
		require.Equal(t, test.want, recovered(test.current, test.seen, test.wellFor, 5*time.Second), name)
	}
}
