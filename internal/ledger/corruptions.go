package ledger

import (
	"context"
	"fmt"
)

// Corruption is a copy that was proved corrupt.
type Corruption struct {
	SHA256 string `json:"sha256"` // that it should have had
	Node   string `json:"node"`
	Path   string `json:"path"` // where it was, below the node's data folder
	Reason string `json:"reason"`
	// Genuine says that the bytes were those of the hash, so that no other copy is better.
	Genuine bool `json:"genuine,omitempty"`
}

// ReportCorrupt records that a copy of a known item was proved corrupt and is no longer where it was. The first
// reason of a node stays, and what was genuine once stays so.
func (s *Session) ReportCorrupt(ctx context.Context, c Corruption) error {
	act := fmt.Sprintf("report a corrupt copy of %s on %s", c.SHA256, c.Node)
	if err := firstError(hash("sha256", c.SHA256), text("node", c.Node), text("path", c.Path), text("reason", c.Reason)); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return s.write(ctx, act, func(t *tx) error {
		if _, err := only(t.access, scanText, "SELECT sha256 FROM items WHERE sha256 = ?", c.SHA256); err != nil {
			return err
		}
		genuine := 0
		if c.Genuine {
			genuine = 1
		}
		_, err := t.exec(`INSERT INTO corruptions (sha256, node, reason, genuine, found_at) VALUES (`+marks(5)+`) ON CONFLICT (sha256, node) DO UPDATE
			SET genuine = CASE WHEN corruptions.genuine = 1 THEN 1 ELSE excluded.genuine END`, c.SHA256, c.Node, c.Reason, genuine, micros(t.now))
		if err != nil {
			return err
		}
		_, err = t.exec("UPDATE holders SET state = 'gone' WHERE sha256 = ? AND node = ? AND path = ?", c.SHA256, c.Node, c.Path)
		return err
	})
}

// Spoilt says why a file is lost: a copy was proved corrupt, and no other one is left that may be good, be it on a node
// that is away. Empty: it is not, as far as is known.
func (l *Ledger) Spoilt(ctx context.Context, sha256 string) (reason string, err error) {
	reasons, err := readAll(ctx, l, "find out whether "+sha256+" is spoilt", scanText, `SELECT c.reason FROM corruptions c WHERE c.sha256 = ?
		AND (c.genuine = 1 OR NOT EXISTS (SELECT 1 FROM holders h WHERE h.sha256 = c.sha256 AND h.state <> 'gone'))
		ORDER BY c.genuine DESC, c.found_at, c.node LIMIT 1`, sha256)
	if err != nil || len(reasons) == 0 {
		return "", err
	}
	return reasons[0], nil
}

// LeaveOut takes a file out of the cut of an iteration that goes on, which it stays in by name only. The first reason
// stays.
func (s *Session) LeaveOut(ctx context.Context, configKey string, iteration int64, sha256, reason string) error {
	act := fmt.Sprintf("leave %s out of the cut of iteration %d of %s", sha256, iteration, configKey)
	if err := text("reason", reason); err != nil {
		return fmt.Errorf("%s: %w", act, err)
	}
	return s.write(ctx, act, func(t *tx) error {
		i, err := t.holdIteration(configKey, iteration)
		if err != nil {
			return err
		}
		if err := i.goesOn(); err != nil {
			return err
		}
		changed, err := t.exec(`UPDATE game_files SET left_out = CASE WHEN left_out = '' THEN CAST(? AS TEXT) ELSE left_out END
			WHERE sha256 = ? AND config_key = ? AND cut_iteration = ?`, reason, sha256, configKey, iteration)
		if err == nil && changed == 0 {
			err = ErrNotFound
		}
		return err
	})
}

// LeftOut returns the files that were left out of the cut of an iteration, by recorded time and hash.
func (l *Ledger) LeftOut(ctx context.Context, configKey string, iteration int64) ([]GameFile, error) {
	return readAll(ctx, l, fmt.Sprintf("list what iteration %d of %s leaves out", iteration, configKey), scanGameFile,
		"SELECT "+gameFileColumns+` FROM game_files WHERE config_key = ? AND cut_iteration = ? AND left_out <> '' ORDER BY recorded_at, sha256`,
		configKey, iteration)
}
