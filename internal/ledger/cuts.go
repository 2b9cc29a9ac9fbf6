package ledger

import (
	"context"
	"fmt"
	"time"
)

// MaxCutFiles is how many files one cut takes; what is left waits for the next. One job can be given so many.
const MaxCutFiles = 2000

// uncut are the files that a cut takes. The index of them is used where these words are.
const uncut = `cut_iteration IS NULL AND purpose IN ('selfplay', 'import') AND games > 0`

// setAside stands for the iteration of files that nobody could fetch when their cut was made: there is none of this number.
const setAside = 0

// UncutGames is what waits to be taken into a cut.
type UncutGames struct {
	Files int64     `json:"files"`
	Games int64     `json:"games"`          // as many as the files hold
	Since time.Time `json:"since,omitzero"` // when the oldest file was recorded; zero if there is none
}

// CutGames takes the files of a config that are in no cut into the cut of an iteration, the oldest MaxCutFiles of
// them, and returns the cut by recorded time and hash. They are those with games from self-play or imports, and what was
// set aside and is here again. A cut that has files takes no others, and is returned; LeaveOut and SetAside alone take one
// out. A new one of an iteration that has ended is a conflict.
func (s *Session) CutGames(ctx context.Context, configKey string, iteration int64) (files []GameFile, err error) {
	err = s.write(ctx, fmt.Sprintf("cut games for iteration %d of %s", iteration, configKey), func(t *tx) error {
		i, err := t.holdIteration(configKey, iteration)
		if err != nil {
			return err
		}
		if files, err = cutFiles(t.access, configKey, iteration); err != nil || len(files) > 0 {
			return err
		}
		if err := i.goesOn(); err != nil {
			return err
		}
		if err := t.takeBack(configKey); err != nil {
			return err
		}
		// What another iteration takes at the same moment is looked at again, and is not ours.
		_, err = t.exec(`UPDATE game_files SET cut_iteration = ? WHERE cut_iteration IS NULL AND sha256 IN (
			SELECT sha256 FROM game_files WHERE config_key = ? AND `+uncut+` ORDER BY recorded_at, sha256 LIMIT ?)`,
			iteration, configKey, MaxCutFiles)
		if err != nil {
			return err
		}
		files, err = cutFiles(t.access, configKey, iteration)
		return err
	})
	return files, err
}

// SetAside takes files out of the cut of an iteration, since nobody can fetch them. A later cut takes them once a node has
// them that is here. What is not in the cut stays as it is.
func (s *Session) SetAside(ctx context.Context, configKey string, iteration int64, files []string) error {
	if err := count("files", len(files), MaxCutFiles); err != nil || len(files) == 0 {
		return err
	}
	return s.write(ctx, fmt.Sprintf("set files of the cut of iteration %d of %s aside", iteration, configKey), func(t *tx) error {
		i, err := t.holdIteration(configKey, iteration)
		if err := firstError(err, i.goesOn()); err != nil {
			return err
		}
		_, err = t.exec("UPDATE game_files SET cut_iteration = ? WHERE config_key = ? AND cut_iteration = ? AND sha256 IN ("+marks(len(files))+")",
			append([]any{setAside, configKey, iteration}, anys(files)...)...)
		return err
	})
}

// takeBack makes the files ready for a cut that were set aside and can be fetched again.
func (t *tx) takeBack(configKey string) error {
	_, err := t.exec(`UPDATE game_files SET cut_iteration = NULL WHERE config_key = ? AND cut_iteration = ? AND sha256 IN (
		SELECT held.sha256 FROM holders held JOIN nodes ON node_id = held.node
		WHERE held.state IN ('verified', 'unverified') AND nodes.health IN ('healthy', 'suspect'))`, configKey, setAside)
	return err
}

// Cut returns the cut of an iteration by recorded time and hash, without what was left out. It is empty until CutGames has
// found files.
func (l *Ledger) Cut(ctx context.Context, configKey string, iteration int64) (files []GameFile, err error) {
	err = l.read(ctx, fmt.Sprintf("find the cut of iteration %d of %s", iteration, configKey), func(a access) (err error) {
		files, err = cutFiles(a, configKey, iteration)
		return err
	})
	return files, err
}

// Uncut sums up the files of a config that the next cut would take. It costs the same however many are in cuts.
func (l *Ledger) Uncut(ctx context.Context, configKey string) (UncutGames, error) {
	scan := func(r row) (u UncutGames, err error) { return u, r.Scan(&u.Files, &u.Games, at(&u.Since)) }
	return readOne(ctx, l, "sum up games of "+configKey+" that are in no cut", scan,
		"SELECT COUNT(*), CAST(COALESCE(SUM(games), 0) AS BIGINT), MIN(recorded_at) FROM game_files WHERE config_key = ? AND "+uncut, configKey)
}

func cutFiles(a access, configKey string, iteration int64) ([]GameFile, error) {
	return collect(a, scanGameFile, "SELECT "+gameFileColumns+` FROM game_files WHERE config_key = ? AND cut_iteration = ? AND left_out = ''
		ORDER BY recorded_at, sha256`, configKey, iteration)
}
