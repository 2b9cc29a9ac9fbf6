package daemonwatchdog

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

const (
	// maxPending bounds the alerts on their way, and with them the checkpoint. What does not fit is found
	// again in the next round.
	maxPending = 200
	maxMessage = 500 // bytes of text in one alert
)

// decide turns the findings about one daemon into alerts: each kind at most once in RepeatEvery, and one
// recovery for every alert that was told.
func (d *daemon) decide(s sighting, findings []finding, now time.Time) {
	id := spec.WorkflowID(s.info.Daemon, s.info.Node)
	for _, found := range findings {
		last := d.state.Alerts[id][found.kind]
		if last != nil && now.Sub(last.SentAt) < d.config.RepeatEvery {
			continue
		}
		alertID := fmt.Sprintf("%s/%s/%d", id, found.kind, found.since.UnixMilli())
		if d.enqueue(s, found, alertID, now) {
			d.remember(id, found.kind, &record{AlertID: alertID, SentAt: now, Open: true})
		}
	}
	if len(findings) == 0 {
		d.settle(id, s, now)
	}
}

// settle ends the open alerts of a daemon with which nothing is wrong: with a word if it runs, silently if
// somebody decided that it should not. In every other phase it may still go either way.
func (d *daemon) settle(id string, s sighting, now time.Time) {
	meantToBeDown := s.info.Desired == spec.DesiredStop || s.info.Desired == spec.DesiredPause
	for _, kind := range slices.Sorted(maps.Keys(d.state.Alerts[id])) {
		last := d.state.Alerts[id][kind]
		switch {
		case last.Open && meantToBeDown:
			last.Open, d.dirty = false, true
		case last.Open && s.info.Phase.Ready():
			over := finding{KindRecovered, s.info.Since, fmt.Sprintf("runs again (was: %s)", kind)}
			if d.enqueue(s, over, last.AlertID, now) {
				last.Open = false
			}
		case !last.Open && now.Sub(last.SentAt) >= d.config.RepeatEvery:
			delete(d.state.Alerts[id], kind)
			d.dirty = true
		}
	}
	if len(d.state.Alerts[id]) == 0 {
		delete(d.state.Alerts, id)
	}
}

// forget drops what is remembered of daemons that are no longer part of the fleet.
func (d *daemon) forget(present map[string]bool) {
	gone := func(id string) bool { return !present[id] }
	before := len(d.state.Alerts) + len(d.state.Restarts)
	maps.DeleteFunc(d.state.Alerts, func(id string, _ map[Kind]*record) bool { return gone(id) })
	maps.DeleteFunc(d.state.Restarts, func(id string, _ *restartLog) bool { return gone(id) })
	if len(d.state.Alerts)+len(d.state.Restarts) != before {
		d.dirty = true
	}
}

func (d *daemon) remember(id string, kind Kind, last *record) {
	if d.state.Alerts[id] == nil {
		d.state.Alerts[id] = map[Kind]*record{}
	}
	d.state.Alerts[id][kind] = last
}

// enqueue puts an alert among those on their way; it says no when too many are.
func (d *daemon) enqueue(s sighting, found finding, alertID string, now time.Time) bool {
	if len(d.state.Pending) >= maxPending {
		return false
	}
	event, err := bus.NewEvent(bus.DaemonWatchdogAlert{
		AlertID: alertID, Kind: string(found.kind), Severity: severity(found.kind, s.row),
		DaemonName: s.info.Daemon, Node: s.info.Node, Resolved: found.kind == KindRecovered, Since: found.since,
		Message: d.redact.text(fmt.Sprintf("%s: %s", name(s.info), found.message), maxMessage),
		Details: map[string]string{"phase": string(s.info.Phase)},
	}, bus.Origin{Source: string(Type), Node: d.node, OccurredAt: now})
	if err != nil {
		d.logger.Error("an alert cannot be written as an event", "daemon", name(s.info), "kind", found.kind, "error", err)
		return false
	}
	d.state.Pending = append(d.state.Pending, &pending{Event: event, Posted: d.webhook == nil})
	d.dirty = true
	return true
}

func severity(kind Kind, row spec.Daemon) string {
	switch {
	case kind == KindRecovered:
		return "info"
	case row.Critical:
		return "critical"
	}
	return "warning"
}

// name is TYPE or TYPE@node.
func name(info spec.Info) string {
	if info.Node == "" {
		return string(info.Daemon)
	}
	return string(info.Daemon) + "@" + info.Node
}
