package workload

// GamesSchema makes the tables of a games file: SQLite, one closed file without -wal or -shm beside it. They
// are the only part of a workload's data that the orchestrator reads itself, to count and to merge games.
//
// A reader asks for columns by name. A workload may add columns, and tables of its own; a row of any table
// with a column game_id belongs to that game and moves with it. What the columns hold:
//
//	game_id            unique for ever; made of the job, the game's number in it, and (unless the workload is
//	                   seedable) the attempt, so that a repeated job gives the same games
//	board_type         the board of the configuration
//	num_players        its players
//	rng_seed           the game's own seed
//	created_at         the request's issued_at, RFC 3339
//	completed_at       the same for a game that is over; NULL before
//	game_status        active or completed; only completed games are counted, merged and exported
//	winner             the seat that won, from 1; NULL is a draw, or a game that is not over
//	termination_reason why it ended, in the workload's words
//	total_moves        rows that the game has in game_moves
//	source             the job that played it
//	participants_json  who sat where: a list of names by seat; NULL if the players have no names
//	generation         of the model that played; NULL if there was none
//	metadata_json      the workload's own
//
//	move_number        from 0
//	player             the seat that moves, from 1
//	move_json          the move, opaque
//	move_probs         the search's distribution over moves, opaque; NULL if there is none
const GamesSchema = `CREATE TABLE games (
	game_id            TEXT    NOT NULL PRIMARY KEY,
	board_type         TEXT    NOT NULL,
	num_players        INTEGER NOT NULL,
	rng_seed           INTEGER,
	created_at         TEXT    NOT NULL,
	completed_at       TEXT,
	game_status        TEXT    NOT NULL,
	winner             INTEGER,
	termination_reason TEXT,
	total_moves        INTEGER NOT NULL,
	source             TEXT,
	participants_json  TEXT,
	generation         INTEGER,
	metadata_json      TEXT
) WITHOUT ROWID;
CREATE TABLE game_moves (
	game_id     TEXT    NOT NULL REFERENCES games (game_id),
	move_number INTEGER NOT NULL,
	player      INTEGER NOT NULL,
	move_json   TEXT    NOT NULL,
	move_probs  TEXT,
	PRIMARY KEY (game_id, move_number)
) WITHOUT ROWID;
`

// The values of game_status.
const (
	GameActive    = "active"
	GameCompleted = "completed"
)

// GamesColumns are the columns without which a file is no games file, by table.
func GamesColumns() map[string][]string {
	return map[string][]string{
		"games":      {"game_id", "board_type", "num_players", "created_at", "game_status", "winner", "total_moves"},
		"game_moves": {"game_id", "move_number", "player", "move_json"},
	}
}
