package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// MaxMatches is how many matches one call of RecordMatches takes.
const MaxMatches = 1000

// Evidence is what a rating of a config and harness is computed from.
type Evidence struct {
	Digest  string `json:"digest"` // over the ids of all matches; equal means the same matches
	Matches int64  `json:"matches"`
	Games   int64  `json:"games"`
}

const matchColumns = `match_id, config_key, harness, participants, outcomes, games, source, game_id, node, played_at, recorded_at`

// RecordMatches adds matches and returns how many were new. A match that is known by its identity stays as it is.
func (s *Session) RecordMatches(ctx context.Context, matches []Match) (added int, err error) {
	matches, err = identified(matches)
	if err != nil {
		return 0, fmt.Errorf("record matches: %w", err)
	}
	err = s.write(ctx, "record matches", func(t *tx) error {
		added = 0
		for _, m := range matches {
			inserted, err := t.exec("INSERT INTO matches ("+matchColumns+") VALUES ("+marks(11)+") ON CONFLICT DO NOTHING",
				m.ID, m.ConfigKey, m.Harness, texts(m.Participants), asJSON(m.Outcomes), m.Games(), m.Source, m.GameID, m.Node,
				micros(m.PlayedAt), micros(t.now))
			if err != nil {
				return fmt.Errorf("match %s: %w", m.ID, err)
			}
			added += inserted
		}
		return nil
	})
	return added, err
}

// identified checks matches and returns them with their ids, in the order of these.
func identified(matches []Match) ([]Match, error) {
	if err := count("matches", len(matches), MaxMatches); err != nil {
		return nil, err
	}
	matches = slices.Clone(matches)
	for i := range matches {
		m := &matches[i]
		if err := m.validate(); err != nil {
			return nil, fmt.Errorf("match %d: %w", i, err)
		}
		m.Outcomes = m.canonicalOutcomes()
		m.ID = m.Identity()
	}
	slices.SortFunc(matches, func(a, b Match) int { return strings.Compare(a.ID, b.ID) }) // one order, no deadlock
	return matches, nil
}

// Matches lists the matches of a config and harness in the order they were played, equal times by id: the
// order does not depend on which came here first.
func (l *Ledger) Matches(ctx context.Context, configKey, harness string, page Page) (List[Match], error) {
	var w where
	w.add("config_key = ? AND harness = ?", configKey, harness)
	return l.matches(ctx, w, page)
}

// MatchesOf lists what was played for a source, such as an evaluation.
func (l *Ledger) MatchesOf(ctx context.Context, source string, page Page) (List[Match], error) {
	var w where
	w.add("source = ?", source)
	return l.matches(ctx, w, page)
}

func (l *Ledger) matches(ctx context.Context, w where, page Page) (List[Match], error) {
	return listing[Match]{
		act: "list matches", query: "SELECT " + matchColumns + " FROM matches", scan: scanMatch,
		order: order{keys: []string{"played_at", "match_id"}},
		key:   func(m Match) []any { return []any{m.PlayedAt, m.ID} },
	}.part(ctx, l, w, page)
}

// Evidence sums up all matches of a config and harness. It reads one index, in constant memory.
func (l *Ledger) Evidence(ctx context.Context, configKey, harness string) (e Evidence, err error) {
	err = l.read(ctx, fmt.Sprintf("sum up matches of %s %s", configKey, harness), func(a access) error {
		e = Evidence{}
		sum := sha256.New()
		err := a.each(func(r row) error {
			var id string
			var games int64
			err := r.Scan(&id, &games)
			e.Matches++
			e.Games += games
			_, _ = sum.Write([]byte(id + "\n")) // a hash takes everything
			return err
		}, "SELECT match_id, games FROM matches WHERE config_key = ? AND harness = ? ORDER BY match_id", configKey, harness)
		e.Digest = hex.EncodeToString(sum.Sum(nil))
		return err
	})
	return e, err
}

func scanMatch(r row) (m Match, err error) {
	var games int64 // it is in the outcomes too
	return m, r.Scan(&m.ID, &m.ConfigKey, &m.Harness, list(&m.Participants), fromJSON(&m.Outcomes), &games, &m.Source, &m.GameID,
		&m.Node, at(&m.PlayedAt), at(&m.RecordedAt))
}
