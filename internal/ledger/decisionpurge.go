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

// PurgeDecisions forgets decisions, the oldest first and 1000 a call at most; it says how many. Beside those of the
// retention each one stays that names a model which still exists, by its id or its file's hash, and each by which a pointer
// came to such a model: they are what its promotions are replayed from. A model exists unless every copy of its file that
// was ever known is gone.
func (s *Session) PurgeDecisions(ctx context.Context, keep DecisionRetention) (purged int, err error) {
	if keep.Age <= 0 || keep.Newest < 1 {
		return 0, fmt.Errorf("purge decisions: age is %s and newest %d: give positive ones: %w", keep.Age, keep.Newest, ErrInvalid)
	}
	err = s.write(ctx, "purge decisions", func(t *tx) error {
		purged = 0
		needed, err := t.neededBy()
		if err != nil {
			return err
		}
		old, err := t.oldDecisions(keep, needed)
		if err != nil {
			return err
		}
		for _, one := range old {
			if _, err := t.exec("DELETE FROM decisions WHERE kind = ? AND decision_key = ?", one.Kind, one.Key); err != nil {
				return err
			}
			purged++
		}
		return nil
	})
	return purged, err
}

// oldDecisions are those that a retention lets go and that nothing needs.
func (t *tx) oldDecisions(keep DecisionRetention, needed needs) (old []Decision, err error) {
	var w where
	w.add("decided_at < ? AND (kind, decision_key) NOT IN (SELECT kind, decision_key FROM (SELECT kind, decision_key, ROW_NUMBER()"+
		" OVER (PARTITION BY kind, config_key ORDER BY decided_at DESC, decision_key DESC) AS place FROM decisions) ranked WHERE place <= ?)",
		micros(t.now.Add(-keep.Age)), keep.Newest)
	if len(keep.Forever) > 0 {
		w.add("kind NOT IN ("+marks(len(keep.Forever))+")", anys(keep.Forever)...)
	}
	err = t.each(func(r row) error {
		one, err := scanDecision(r)
		if err == nil && len(old) < maxLimit && !needed.has(one) {
			one.Inputs = nil // they may be large
			old = append(old, one)
		}
		return err
	}, "SELECT "+decisionColumns+" FROM decisions"+w.text()+" ORDER BY decided_at, kind, decision_key", w.args...)
	return old, err
}

// needs are the models that exist, and the decisions by which pointers came to them.
type needs struct{ models, decisions map[string]bool }

func (t *tx) neededBy() (n needs, err error) {
	const existing = `SELECT model_id FROM models WHERE EXISTS (SELECT 1 FROM pointers p WHERE p.model_id = models.model_id)
		OR NOT EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = models.sha256)
		OR EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = models.sha256 AND h.state <> 'gone')`
	models, err := collect(t.access, scanText, existing)
	if err != nil {
		return n, err
	}
	decisions, err := collect(t.access, scanText, "SELECT decision_id FROM pointer_moves WHERE model_id IN ("+existing+")")
	return needs{setOf(models), setOf(decisions)}, err
}

func setOf(values []string) map[string]bool {
	set := make(map[string]bool, len(values))
	for _, value := range values {
		set[value] = true
	}
	return set
}

func (n needs) has(d Decision) bool {
	if n.decisions[d.Key] {
		return true
	}
	named := slices.Concat(hexIDs.FindAllString(d.Key, -1), hexIDs.FindAllString(string(d.Inputs), -1))
	return slices.ContainsFunc(named, func(id string) bool { return n.models[id[:modelIDDigits]] })
}
