package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ringrift/orchestrator/internal/spec"
)

// ClusterView is the supervisor's status as it was at one moment.
type ClusterView struct {
	Status spec.FleetStatus
	// InForce has the rows of the fleet's daemons, those of an applied file among them; nil if they are not known.
	InForce   *spec.Registry
	FetchedAt time.Time
}

// table has the fleet's daemons as they are in force, or as this build has them.
func (s *Server) table(view *ClusterView) Catalog {
	if view != nil && view.InForce != nil {
		return view.InForce
	}
	return s.sources.Catalog
}

// row is the row of a daemon as it runs, or as this build has it.
func (s *Server) row(view *ClusterView, daemon spec.Type) (spec.Daemon, bool) {
	if row, found := s.table(view).Get(daemon); found {
		return row, true
	}
	return s.sources.Catalog.Get(daemon)
}

// SetCluster plugs in a newer view of the cluster; nil withdraws it, and the answers are then made from what
// this process knows alone. Handing over values, not something to ask, is what keeps a stuck supervisor from
// holding up an answer. The caller gives the view away: nobody changes it any more.
func (s *Server) SetCluster(view *ClusterView) { s.cluster.Store(view) }

// origin tells a reader where an answer comes from and how old it is.
type origin struct {
	Source string `json:"source"` // cluster or local
	// AgeSeconds is null where there is nothing to have an age.
	AgeSeconds *float64 `json:"age_seconds"`
	Stale      bool     `json:"stale"`
	Message    string   `json:"message,omitempty"`
}

func (s *Server) origin(view *ClusterView, now time.Time) origin {
	if view == nil {
		return origin{Source: "local", Message: "this process's own daemons only: HEALTH_SERVER has not fetched the cluster's view"}
	}
	age := now.Sub(view.FetchedAt)
	seconds := age.Seconds()
	return origin{Source: "cluster", AgeSeconds: &seconds, Stale: age > s.cfg.ViewStaleAfter}
}

// Age is the age in words of the page.
func (o origin) Age() string {
	if o.AgeSeconds == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.0f s", *o.AgeSeconds)
}

// fleet returns one row for each daemon or group: the cluster's, in its order, with what runs in this process told by this
// process, which knows it at once. Without a view it is this process's daemons alone.
func (s *Server) fleet(view *ClusterView) []spec.Info {
	here := map[string]spec.Info{}
	for _, info := range s.sources.Local.Snapshot() {
		here[s.identity(view, info)] = printable(info)
	}
	var rows []spec.Info
	if view != nil {
		for _, known := range view.Status.Daemons {
			rows = append(rows, s.overlay(view, known, here))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(here)) { // what the view does not know yet
		rows = append(rows, here[id])
	}
	return rows
}

// overlay takes what it uses out of here.
func (s *Server) overlay(view *ClusterView, known spec.Info, here map[string]spec.Info) spec.Info {
	if id := s.identity(view, known); known.Kind != spec.KindGroup {
		if info, found := here[id]; found && info.Epoch >= known.Epoch {
			known = refresh(known, info)
		}
		delete(here, id)
	}
	known.Members = slices.Clone(known.Members)
	for i, member := range known.Members {
		known.Members[i] = s.overlay(view, member, here)
	}
	known.Health = spec.Worst(known.Health, known.Members)
	return known
}

// identity names a running copy whatever the row's kind says: only a per-node daemon is told apart by node.
func (s *Server) identity(view *ClusterView, info spec.Info) string {
	if row, found := s.row(view, info.Daemon); found && row.Scope == spec.ScopeCluster {
		return spec.WorkflowID(info.Daemon, "")
	}
	return spec.WorkflowID(info.Daemon, info.Node)
}

// refresh keeps intent and counters, which the daemon's workflow owns, and takes the rest from the host.
func refresh(known, host spec.Info) spec.Info {
	known.Phase, known.Ready, known.Since = host.Phase, host.Ready, host.Since
	known.Epoch, known.Attempt, known.Worker, known.Health = host.Epoch, host.Attempt, host.Worker, host.Health
	return known
}

// printable drops details that cannot be written as JSON, such as a division by zero: one daemon's bug must not
// silence the answers about all.
func printable(info spec.Info) spec.Info {
	if _, err := json.Marshal(info.Health.Details); err != nil {
		info.Health.Details = map[string]any{"unprintable": err.Error()}
	}
	return info
}

// flatten replaces every group by its members. A group without members stands for itself.
func flatten(rows []spec.Info) []spec.Info {
	var flat []spec.Info
	for _, row := range rows {
		if len(row.Members) == 0 {
			flat = append(flat, row)
			continue
		}
		flat = append(flat, row.Members...)
	}
	return flat
}
