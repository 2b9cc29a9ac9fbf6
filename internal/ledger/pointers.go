package ledger

import (
	"context"
	"fmt"
	"time"
)

// PointerName is a role a model can have in its config.
type PointerName string

// The pointers of a config.
const (
	Canonical  PointerName = "canonical"  // what self-play and training use
	Production PointerName = "production" // what is served outside
	Candidate  PointerName = "candidate"  // what is being judged
	Previous   PointerName = "previous"   // what was canonical before
	// ProductionSmall is the small model that was made of a canonical one, for where that is too slow.
	ProductionSmall PointerName = "production-small"
)

// Pointer is where a pointer is, or was.
type Pointer struct {
	ConfigKey  string      `json:"config_key"`
	Name       PointerName `json:"name"`
	ModelID    string      `json:"model_id"`
	Sequence   int64       `json:"sequence"` // 1 for the first move, one more for each
	DecisionID string      `json:"decision_id"`
	Reason     string      `json:"reason"`
	MovedBy    string      `json:"moved_by"`
	MovedAt    time.Time   `json:"moved_at"`
}

const pointerColumns = `config_key, name, model_id, sequence, decision_id, reason, moved_by, moved_at`

// Pointer returns where one pointer is, or ErrNotFound.
func (l *Ledger) Pointer(ctx context.Context, configKey string, name PointerName) (Pointer, error) {
	return readOne(ctx, l, fmt.Sprintf("find pointer %s of %s", name, configKey), scanPointer,
		"SELECT "+pointerColumns+" FROM pointers WHERE config_key = ? AND name = ?", configKey, string(name))
}

// Pointers returns all pointers of a config, or of all configs if it is empty, by config and name.
func (l *Ledger) Pointers(ctx context.Context, configKey string) ([]Pointer, error) {
	var w where
	w.equal("config_key", configKey)
	return readAll(ctx, l, "list pointers", scanPointer,
		"SELECT "+pointerColumns+" FROM pointers"+w.text()+" ORDER BY config_key, name LIMIT ?", append(w.args, maxLimit)...)
}

// PointerHistory lists where a pointer has been, newest first.
func (l *Ledger) PointerHistory(ctx context.Context, configKey string, name PointerName, page Page) (List[Pointer], error) {
	var w where
	w.add("config_key = ? AND name = ?", configKey, string(name))
	return listing[Pointer]{
		act: "list moves of a pointer", query: "SELECT " + pointerColumns + " FROM pointer_moves", scan: scanPointer,
		order: order{keys: []string{"sequence"}, newest: true},
		key:   func(p Pointer) []any { return []any{p.Sequence} },
	}.part(ctx, l, w, page)
}

func (p Pointer) columns() []any {
	return []any{p.ConfigKey, string(p.Name), p.ModelID, p.Sequence, p.DecisionID, p.Reason, p.MovedBy, micros(p.MovedAt)}
}

func scanPointer(r row) (p Pointer, err error) {
	return p, r.Scan(&p.ConfigKey, &p.Name, &p.ModelID, &p.Sequence, &p.DecisionID, &p.Reason, &p.MovedBy, at(&p.MovedAt))
}
