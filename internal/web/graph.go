package web

import "github.com/ringrift/orchestrator/internal/spec"

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
	known := map[spec.Type]spec.Info{}
	var types []spec.Type
	for _, info := range s.fleet(s.cluster.Load()) {
		if _, twice := known[info.Daemon]; !twice { // without a view, of two copies the first
			known[info.Daemon] = info
			types = append(types, info.Daemon)
		}
	}
	body := graphBody{Layers: [][]graphNode{}}
	for _, layer := range s.sources.Catalog.Layers(types) {
		var nodes []graphNode
		for _, daemon := range layer {
			nodes = append(nodes, s.graphNode(known[daemon], known))
		}
		body.Layers = append(body.Layers, nodes)
	}
	return body
}

func (s *Server) graphNode(info spec.Info, known map[spec.Type]spec.Info) graphNode {
	row, _ := s.sources.Catalog.Get(info.Daemon)
	node := graphNode{
		Daemon: info.Daemon, Category: row.Category, Needs: []spec.Type{}, Phase: info.Phase,
		Health: lastVerdict(info), Message: info.Health.Message, Copies: len(info.Members),
	}
	for _, need := range s.sources.Catalog.Dependencies(info.Daemon) {
		if _, found := known[need]; found {
			node.Needs = append(node.Needs, need)
		}
	}
	return node
}
