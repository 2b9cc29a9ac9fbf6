package ledger

import (
	"context"
	"fmt"
	"time"
)

// modelIDDigits is how much of the hash of a model's file names it.
const modelIDDigits = 16

// Model is one trained model. Its row never changes.
type Model struct {
	ID              string    `json:"model_id"` // the first 16 hex digits of SHA256
	SHA256          string    `json:"sha256"`
	ConfigKey       string    `json:"config_key"`
	Kind            string    `json:"kind"` // what the workload calls it, such as table or network
	Bytes           int64     `json:"bytes"`
	Parents         []string  `json:"parents"` // model ids; none for generation 0
	RunID           string    `json:"run_id"`
	Iteration       int64     `json:"iteration"`
	Workload        string    `json:"workload"`
	WorkloadVersion string    `json:"workload_version"`
	CreatedAt       time.Time `json:"created_at"`
}

const modelColumns = `model_id, sha256, config_key, kind, bytes, parents, run_id, iteration, workload, workload_version, created_at`

// AddModel records a model under the hash of its file. ID and CreatedAt are set here. A model that is there
// already stays as it is and is returned; with another config or workload it is an ErrConflict.
func (s *Session) AddModel(ctx context.Context, m Model) (stored Model, err error) {
	act := "add model " + m.SHA256
	if err := m.validate(); err != nil {
		return stored, fmt.Errorf("%s: %w", act, err)
	}
	m.ID = m.SHA256[:modelIDDigits]
	err = s.write(ctx, act, func(t *tx) (err error) {
		_, err = t.exec("INSERT INTO models ("+modelColumns+") VALUES ("+marks(11)+") ON CONFLICT DO NOTHING",
			m.ID, m.SHA256, m.ConfigKey, m.Kind, m.Bytes, texts(m.Parents), m.RunID, m.Iteration, m.Workload, m.WorkloadVersion, micros(t.now))
		if err != nil {
			return err
		}
		if stored, err = only(t.access, scanModel, "SELECT "+modelColumns+" FROM models WHERE model_id = ?", m.ID); err != nil {
			return err
		}
		return stored.agrees(m)
	})
	return stored, err
}

// Model returns one model, or ErrNotFound.
func (l *Ledger) Model(ctx context.Context, id string) (Model, error) {
	return readOne(ctx, l, "find model "+id, scanModel, "SELECT "+modelColumns+" FROM models WHERE model_id = ?", id)
}

// Models lists the models of a config, or of all if it is empty, newest first.
func (l *Ledger) Models(ctx context.Context, configKey string, page Page) (List[Model], error) {
	var w where
	w.equal("config_key", configKey)
	return listing[Model]{
		act: "list models", query: "SELECT " + modelColumns + " FROM models", scan: scanModel,
		order: order{keys: []string{"created_at", "model_id"}, newest: true},
		key:   func(m Model) []any { return []any{m.CreatedAt, m.ID} },
	}.part(ctx, l, w, page)
}

func (m Model) validate() error {
	return firstError(hash("sha256", m.SHA256), config(m.ConfigKey), text("kind", m.Kind), between("bytes", m.Bytes, 0, 1<<50),
		count("parents", len(m.Parents), 64), short("run_id", m.RunID), text("workload", m.Workload), text("workload_version", m.WorkloadVersion))
}

// agrees compares what makes two registrations of one file contradict each other.
func (m Model) agrees(other Model) error {
	if m.SHA256 != other.SHA256 || m.ConfigKey != other.ConfigKey || m.Workload != other.Workload || m.WorkloadVersion != other.WorkloadVersion {
		return fmt.Errorf("it is recorded with sha256 %s for %s by %s %s: %w", m.SHA256, m.ConfigKey, m.Workload, m.WorkloadVersion, ErrConflict)
	}
	return nil
}

func scanModel(r row) (m Model, err error) {
	return m, r.Scan(&m.ID, &m.SHA256, &m.ConfigKey, &m.Kind, &m.Bytes, list(&m.Parents), &m.RunID, &m.Iteration,
		&m.Workload, &m.WorkloadVersion, at(&m.CreatedAt))
}
