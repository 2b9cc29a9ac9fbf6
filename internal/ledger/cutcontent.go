package ledger

import (
	"context"
	"fmt"
)

// CutContent is what the ledger says of the games in the files of a cut.
type CutContent struct {
	// Held is how many games the files hold together, complete or not, one as often as it is there.
	Held int64 `json:"held"`
	// Games is how many complete games there are that no cut before has, each counted once.
	Games int64 `json:"games"`
	// Earlier are the ids of games, in order, that a cut before has too.
	Earlier []string `json:"earlier,omitempty"`
}

// cutShas are the files of a cut.
const cutShas = "(SELECT sha256 FROM game_files WHERE config_key = ? AND cut_iteration = ?)"

// CutContent counts what is in a cut. It is empty before CutGames has found files.
func (l *Ledger) CutContent(ctx context.Context, configKey string, iteration int64) (content CutContent, err error) {
	err = l.read(ctx, fmt.Sprintf("count the cut of iteration %d of %s", iteration, configKey), func(a access) error {
		files, err := cutFiles(a, configKey, iteration)
		if err != nil {
			return err
		}
		content = CutContent{}
		for _, file := range files {
			content.Held += file.Games
		}
		if content.Earlier, err = collect(a, scanText, `SELECT DISTINCT repeat.game_id FROM game_repeats repeat
			JOIN games game ON game.game_id = repeat.game_id JOIN game_files brought ON brought.sha256 = game.file_sha256
			WHERE repeat.file_sha256 IN `+cutShas+` AND brought.cut_iteration > 0 AND brought.cut_iteration < ? ORDER BY 1`, configKey, iteration, iteration); err != nil {
			return err
		}
		all, err := only(a, scanInt, "SELECT COUNT(*) FROM (SELECT game_id FROM games WHERE file_sha256 IN "+cutShas+
			" UNION SELECT game_id FROM game_repeats WHERE file_sha256 IN "+cutShas+") every", configKey, iteration, configKey, iteration)
		content.Games = all - int64(len(content.Earlier))
		return err
	})
	return content, err
}
