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

// cutShas are the files of a cut that were not left out.
const cutShas = "(SELECT sha256 FROM game_files WHERE config_key = ? AND cut_iteration = ? AND left_out = '')"

// cutGames are the games in these files, each once.
const cutGames = "(SELECT game_id FROM games WHERE file_sha256 IN " + cutShas + " UNION SELECT game_id FROM game_repeats WHERE file_sha256 IN " + cutShas + ")"

// inEarlier says that a file is in a cut before, and was not set aside.
const inEarlier = "before.cut_iteration > 0 AND before.cut_iteration < ? AND before.left_out = ''"

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
		if content.Earlier, err = collect(a, scanText, `SELECT every.game_id FROM `+cutGames+` every
			WHERE EXISTS (SELECT 1 FROM games game JOIN game_files before ON before.sha256 = game.file_sha256
				WHERE game.game_id = every.game_id AND `+inEarlier+`)
			OR EXISTS (SELECT 1 FROM game_repeats again JOIN game_files before ON before.sha256 = again.file_sha256
				WHERE again.game_id = every.game_id AND `+inEarlier+`) ORDER BY 1`, configKey, iteration, configKey, iteration, iteration, iteration); err != nil {
			return err
		}
		all, err := only(a, scanInt, "SELECT COUNT(*) FROM "+cutGames+" every", configKey, iteration, configKey, iteration)
		content.Games = all - int64(len(content.Earlier))
		return err
	})
	return content, err
}
