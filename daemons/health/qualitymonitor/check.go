package qualitymonitor

import (
	"context"

	"github.com/ringrift/orchestrator/internal/data"
	"github.com/ringrift/orchestrator/internal/quality"
)

// check judges the newest games of a configuration, and tells what they are worth if that is news.
func (m *monitor) check(ctx context.Context, configKey string, files []data.Item, settings Settings, asked bool, seen *round) error {
	s, err := m.look(ctx, files, settings.SampleGames)
	if err != nil {
		return err
	}
	if len(s.faults) > 0 {
		seen.faults[configKey] = s.faults
	}
	if s.partly {
		seen.waiting = append(seen.waiting, configKey)
		if before, known := m.standing(configKey); known {
			seen.standings[configKey] = before
		}
		return nil
	}
	p, name := m.memory.of(configKey), s.name()
	now := quality.NewStanding(s.score(), settings.Limits, p.before(name))
	seen.standings[configKey] = now
	added := now.Games > 0 && p.add(name, now.Mean)
	switch {
	case p.worthTelling(now, settings, seen.at, asked):
		p.Pending = m.assess(configKey, p.Told, now, settings, seen.at)
		return m.tell(ctx, p)
	case added:
		return m.save(ctx)
	}
	return nil
}

// score is that of the games that were judged.
func (s sample) score() quality.Score {
	var scores []float64
	for _, one := range s.games {
		scores = append(scores, *one.score)
	}
	score := quality.Of(scores)
	score.Unjudged = int64(s.unjudged)
	return score
}
