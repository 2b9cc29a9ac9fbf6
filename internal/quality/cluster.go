package quality

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/ringrift/orchestrator/internal/bus"
	"github.com/ringrift/orchestrator/internal/spec"
)

// Reporter is the daemon that reports.
const Reporter = spec.Type("QUALITY_MONITOR")

// fresh is how old a report may be. What a node said before that is no longer known.
const fresh = 10 * time.Minute

// Cluster is what the nodes say together, by configuration.
type Cluster map[string]Standing

// Read returns what the nodes have said lately. The state is that by the limits.
func Read(ctx context.Context, client *bus.Client, limits Limits) (Cluster, error) {
	reports, err := client.Reports(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(reports, func(a, b bus.Report) int { return strings.Compare(a.Node, b.Node) })
	cluster := Cluster{}
	for _, one := range reports {
		var said Report
		if one.Daemon != Reporter || one.Age > fresh || json.Unmarshal(one.Data, &said) != nil {
			continue // what cannot be read says nothing
		}
		for configKey, standing := range said.Configs {
			cluster[configKey] = cluster[configKey].with(standing)
		}
	}
	for configKey, standing := range cluster {
		cluster[configKey] = NewStanding(standing.Score, limits, standing.Recent)
	}
	return cluster, nil
}

// Of is what is known of a configuration; false: no game of it was judged.
func (c Cluster) Of(configKey string) (Standing, bool) {
	standing := c[configKey]
	return standing, standing.Games > 0
}

// with adds what another node says. The history shown is that of the node with the most games.
func (s Standing) with(other Standing) Standing {
	larger := s
	if other.Games > s.Games {
		larger = other
	}
	return Standing{Score: s.Score.with(other.Score), Recent: larger.Recent}
}

// with is the score of two samples together.
func (s Score) with(other Score) Score {
	both := Score{Games: s.Games + other.Games, Unjudged: s.Unjudged + other.Unjudged}
	if both.Games == 0 {
		return both
	}
	a, b, n := float64(s.Games), float64(other.Games), float64(both.Games)
	both.Mean = (a*s.Mean + b*other.Mean) / n
	if both.Games > 1 {
		within := s.Variance*max(a-1, 0) + other.Variance*max(b-1, 0)
		between := a*(s.Mean-both.Mean)*(s.Mean-both.Mean) + b*(other.Mean-both.Mean)*(other.Mean-both.Mean)
		both.Variance = (within + between) / (n - 1)
	}
	both.Interval = interval(both)
	return both
}
