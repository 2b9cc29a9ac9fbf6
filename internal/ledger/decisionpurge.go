package ledger

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// DecisionRetention says which decisions are kept whatever they are about.
type DecisionRetention struct {
	// Age is how long each one is.
	Age time.Duration
	// Newest is how many of each kind and configuration are, however old.
	Newest int
	// Forever are kinds of which all are.
	Forever []string
}

// hexIDs finds what may be the id of a model, or the hash of its file, which begins with it.
var hexIDs = regexp.MustCompile(`[0-9a-f]{16,}`)

// purgeBatch is how many decisions go in one transaction: others who write wait for its end.
const purgeBatch = 100

// PurgeDecisions forgets decisions, the oldest first and 1000 a call at most; it says how many. Beside those of the
// retention each one stays that names a model which still exists, by its id or its file's hash, and each by which a pointer
// came to such a model: they are what its promotions are replayed from. A model exists unless every copy of its file that
// was ever known is gone.
//
// Decisions never change, so they are read beside whoever writes. What needs them may come back meanwhile, with a copy of
// a file, and is looked at again when they go.
func (s *Session) PurgeDecisions(ctx context.Context, keep DecisionRetention) (purged int, err error) {
	if keep.Age <= 0 || keep.Newest < 1 {
		return 0, fmt.Errorf("purge decisions: age is %s and newest %d: give positive ones: %w", keep.Age, keep.Newest, ErrInvalid)
	}
	var old []oldDecision
	err = s.ledger.read(ctx, "find decisions to purge", func(a access) error {
		needed, err := neededBy(a)
		if err == nil {
			old, err = oldDecisions(a, keep, needed)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	for batch := range slices.Chunk(old, purgeBatch) {
		gone := 0
		err := s.write(ctx, "purge decisions", func(t *tx) (err error) {
			gone, err = t.purge(batch)
			return err
		})
		if err != nil {
			return purged, err
		}
		purged += gone
	}
	return purged, nil
}

// purge deletes those of some decisions that nothing needs.
func (t *tx) purge(batch []oldDecision) (gone int, err error) {
	needed, err := neededBy(t.access)
	if err != nil {
		return 0, err
	}
	for _, one := range batch {
		if needed.has(one) {
			continue
		}
		deleted, err := t.exec("DELETE FROM decisions WHERE kind = ? AND decision_key = ?", one.kind, one.key)
		if err != nil {
			return 0, err
		}
		gone += deleted
	}
	return gone, nil
}

// oldDecision is one that may go, and what may be the ids of models that it names.
type oldDecision struct {
	kind, key string
	models    []string
}

// oldDecisions are those that a retention lets go and that nothing needs, the oldest first.
func oldDecisions(a access, keep DecisionRetention, needed needs) (old []oldDecision, err error) {
	var w where
	w.add("decided_at < {now} - ? AND (kind, decision_key) NOT IN (SELECT kind, decision_key FROM (SELECT kind, decision_key, ROW_NUMBER()"+
		" OVER (PARTITION BY kind, config_key ORDER BY decided_at DESC, decision_key DESC) AS place FROM decisions) ranked WHERE place <= ?)",
		keep.Age.Microseconds(), keep.Newest)
	if len(keep.Forever) > 0 {
		w.add("kind NOT IN ("+marks(len(keep.Forever))+")", anys(keep.Forever)...)
	}
	err = a.each(func(r row) error {
		decision, err := scanDecision(r)
		if err != nil || len(old) == maxLimit {
			return err
		}
		if one := (oldDecision{decision.Kind, decision.Key, namedModels(decision)}); !needed.has(one) {
			old = append(old, one)
		}
		return nil
	}, "SELECT "+decisionColumns+" FROM decisions"+w.text()+" ORDER BY decided_at, kind, decision_key", w.args...)
	return old, err
}

// namedModels are what may be the ids of models in a decision.
func namedModels(d Decision) (ids []string) {
	for _, text := range []string{d.Key, string(d.Inputs)} {
		for _, id := range hexIDs.FindAllString(text, -1) {
			ids = append(ids, id[:modelIDDigits])
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// needs are the models that exist, and the decisions by which pointers came to them.
type needs struct{ models, decisions map[string]bool }

func neededBy(a access) (n needs, err error) {
	const existing = `SELECT model_id FROM models WHERE EXISTS (SELECT 1 FROM pointers p WHERE p.model_id = models.model_id)
		OR NOT EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = models.sha256)
		OR EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = models.sha256 AND h.state <> 'gone')`
	models, err := collect(a, scanText, existing)
	if err != nil {
		return n, err
	}
	decisions, err := collect(a, scanText, "SELECT decision_id FROM pointer_moves WHERE model_id IN ("+existing+")")
	return needs{setOf(models), setOf(decisions)}, err
}

func setOf(values []string) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, value := range values {
		set[value] = true
	}
	return set
}

func (n needs) has(d oldDecision) bool {
	return n.decisions[d.key] || slices.ContainsFunc(d.models, func(id string) bool { return n.models[id] })
}
