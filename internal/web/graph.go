package web

import (
	"slices"

	"github.com/ringrift/orchestrator/internal/spec"
)

// graphBody is the graph of the daemons that take part, layer by layer: each needs only daemons of earlier layers.
type graphBody struct {
	Layers [][]graphNode `json:"layers"`
}

// graphNode is a daemon, or all copies of one together.
type graphNode struct {
	Daemon   spec.Type         `json:"daemon"`
	Category spec.Category     `json:"category"`
	Needs    []spec.Type       `json:"needs"` // of those that take part
	Phase    spec.Phase        `json:"phase"`
	Health   spec.HealthStatus `json:"health"`
	Message  string            `json:"message,omitempty"`
	Copies   int               `json:"copies,omitempty"` // of a daemon that has one on each node
}

func (s *Server) graph() graphBody {
	view, known := s.cluster.Load(), map[spec.Type]spec.Info{}
	var types []spec.Type
	for _, info := range s.fleet(view) {
		if _, twice := known[info.Daemon]; !twice { // without a view, of two copies the first
			known[info.Daemon] = info
			types = append(types, info.Daemon)
		}
	}
	table := s.table(view)
	layers := table.Layers(types)
	if placed := slices.Concat(layers...); len(placed) < len(types) { // by rows that are not known, or no longer in force
		layers = append(layers, slices.DeleteFunc(types, func(daemon spec.Type) bool { return slices.Contains(placed, daemon) }))
	}
	body := graphBody{Layers: [][]graphNode{}}
	for _, layer := range layers {
		var nodes []graphNode
		for _, daemon := range layer {
			nodes = append(nodes, newGraphNode(known[daemon], table, known))
		}
		body.Layers = append(body.Layers, nodes)
	}
	return body
}

func newGraphNode(info spec.Info, table Catalog, known map[spec.Type]spec.Info) graphNode {
	row, _ := table.Get(info.Daemon)
	node := graphNode{
		Daemon: info.Daemon, Category: row.Category, Needs: []spec.Type{}, Phase: info.Phase,
		Health: lastVerdict(info), Message: info.Health.Message, Copies: len(info.Members),
	}
	for _, need := range table.Dependencies(info.Daemon) {
		if _, found := known[need]; found {
			node.Needs = append(node.Needs, need)
		}
	}
	return node
}
