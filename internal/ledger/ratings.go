package ledger

import (
	"context"
	"fmt"
	"math"
	"time"
)

// MaxRatings is how many participants one snapshot holds.
const MaxRatings = 10_000

// Rating is how strong a participant is, with its 95 % interval, in Elo.
type Rating struct {
	Participant string  `json:"participant"`
	Rating      float64 `json:"rating"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	Games       int64   `json:"games"`
}

// RatingSnapshot is what was computed from some evidence. It never changes.
type RatingSnapshot struct {
	ConfigKey  string    `json:"config_key"`
	Harness    string    `json:"harness"`
	Sequence   int64     `json:"sequence"`
	Evidence   Evidence  `json:"evidence"`
	Ratings    []Rating  `json:"ratings"`
	ComputedBy string    `json:"computed_by"`
	ComputedAt time.Time `json:"computed_at"`
}

const snapshotColumns = `config_key, harness, sequence, input_digest, matches, games, ratings, computed_by, computed_at`

// SaveRatings stores ratings with the digest of their evidence. Ratings of the same evidence are there once: the
// first ones stay and are returned. Sequence, ComputedBy and ComputedAt are set here.
func (s *Session) SaveRatings(ctx context.Context, snapshot RatingSnapshot) (stored RatingSnapshot, err error) {
	act := fmt.Sprintf("save ratings of %s %s", snapshot.ConfigKey, snapshot.Harness)
	err = firstError(config(snapshot.ConfigKey), text("harness", snapshot.Harness), text("evidence digest", snapshot.Evidence.Digest),
		checkRatings(snapshot.Ratings))
	if err != nil {
		return stored, fmt.Errorf("%s: %w", act, err)
	}
	err = s.write(ctx, act, func(t *tx) (err error) {
		stored, err = t.saveRatings(snapshot)
		return err
	})
	return stored, err
}

func checkRatings(ratings []Rating) error {
	if err := count("ratings", len(ratings), MaxRatings); err != nil {
		return err
	}
	for _, r := range ratings {
		for _, value := range []float64{r.Rating, r.Low, r.High} {
			if math.IsNaN(value) || math.IsInf(value, 0) {
				return fmt.Errorf("rating of %s is %v: give finite numbers: %w", r.Participant, r, ErrInvalid)
			}
		}
	}
	return nil
}

func (t *tx) saveRatings(s RatingSnapshot) (RatingSnapshot, error) {
	stored, found, err := first(t.access, scanSnapshot, "SELECT "+snapshotColumns+` FROM rating_snapshots
		WHERE config_key = ? AND harness = ? AND input_digest = ?`, s.ConfigKey, s.Harness, s.Evidence.Digest)
	if found || err != nil {
		return stored, err
	}
	last, err := only(t.access, scanInt, "SELECT COALESCE(MAX(sequence), 0) FROM rating_snapshots WHERE config_key = ? AND harness = ?", s.ConfigKey, s.Harness)
	if err != nil {
		return s, err
	}
	s.Ratings = append([]Rating{}, s.Ratings...) // the caller's may change
	s.Sequence, s.ComputedBy, s.ComputedAt = last+1, t.writer, t.now
	_, err = t.exec("INSERT INTO rating_snapshots ("+snapshotColumns+") VALUES ("+marks(9)+")", s.ConfigKey, s.Harness, s.Sequence,
		s.Evidence.Digest, s.Evidence.Matches, s.Evidence.Games, asJSON(s.Ratings), s.ComputedBy, micros(s.ComputedAt))
	return s, err
}

// Ratings returns the newest ratings of a config and harness, or ErrNotFound.
func (l *Ledger) Ratings(ctx context.Context, configKey, harness string) (RatingSnapshot, error) {
	return readOne(ctx, l, fmt.Sprintf("find ratings of %s %s", configKey, harness), scanSnapshot,
		"SELECT "+snapshotColumns+" FROM rating_snapshots WHERE config_key = ? AND harness = ? ORDER BY sequence DESC LIMIT 1", configKey, harness)
}

// RatingHistory lists the snapshots of a config and harness, newest first.
func (l *Ledger) RatingHistory(ctx context.Context, configKey, harness string, page Page) (List[RatingSnapshot], error) {
	var w where
	w.add("config_key = ? AND harness = ?", configKey, harness)
	return listing[RatingSnapshot]{
		act: "list ratings", query: "SELECT " + snapshotColumns + " FROM rating_snapshots", scan: scanSnapshot,
		order: order{keys: []string{"sequence"}, newest: true},
		key:   func(s RatingSnapshot) []any { return []any{s.Sequence} },
	}.part(ctx, l, w, page)
}

// NewestRatings returns the newest ratings of each config and harness that has some, in the order of their names.
func (l *Ledger) NewestRatings(ctx context.Context) ([]RatingSnapshot, error) {
	return readAll(ctx, l, "list newest ratings", scanSnapshot, "SELECT "+snapshotColumns+` FROM rating_snapshots AS s WHERE sequence =
		(SELECT MAX(sequence) FROM rating_snapshots WHERE config_key = s.config_key AND harness = s.harness)
		ORDER BY config_key, harness LIMIT ?`, maxLimit)
}

func scanSnapshot(r row) (s RatingSnapshot, err error) {
	return s, r.Scan(&s.ConfigKey, &s.Harness, &s.Sequence, &s.Evidence.Digest, &s.Evidence.Matches, &s.Evidence.Games,
		fromJSON(&s.Ratings), &s.ComputedBy, at(&s.ComputedAt))
}
