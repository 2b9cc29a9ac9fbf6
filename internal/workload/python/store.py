"""Games in SQLite, in the tables that the contract asks for."""
import hashlib
import json
import sqlite3

from contract import reading
from files import publishing

SCHEMA = """
CREATE TABLE games (
    game_id TEXT NOT NULL PRIMARY KEY, board_type TEXT NOT NULL, num_players INTEGER NOT NULL, rng_seed INTEGER,
    created_at TEXT NOT NULL, completed_at TEXT, game_status TEXT NOT NULL, winner INTEGER, termination_reason TEXT,
    total_moves INTEGER NOT NULL, source TEXT, participants_json TEXT, generation INTEGER, metadata_json TEXT) WITHOUT ROWID;
CREATE TABLE game_moves (
    game_id TEXT NOT NULL REFERENCES games (game_id), move_number INTEGER NOT NULL, player INTEGER NOT NULL,
    move_json TEXT NOT NULL, move_probs TEXT, PRIMARY KEY (game_id, move_number)) WITHOUT ROWID;
"""
COLUMNS = ("game_id", "board_type", "num_players", "rng_seed", "created_at", "completed_at", "game_status", "winner",
           "termination_reason", "total_moves", "source", "participants_json", "generation", "metadata_json")
MOVE_COLUMNS = ("game_id", "move_number", "player", "move_json", "move_probs")


def rows_of(task, played, generation):
    """Turns a game that was played into its row of games and its rows of game_moves."""
    identity = hashlib.sha256(f"{task.job_id}/{played.number}".encode()).hexdigest()[:32]
    issued = task.request["issued_at"]
    row = {"game_id": identity, "board_type": task.config["board"], "num_players": task.players, "rng_seed": task.seed,
           "created_at": issued, "completed_at": issued, "game_status": "completed", "winner": played.winner,
           "termination_reason": "pile empty" if played.winner else "move limit", "total_moves": len(played.moves),
           "source": task.job_id, "participants_json": json.dumps([name for name, _ in played.seats]),
           "generation": generation, "metadata_json": None}
    moves = [{"game_id": identity, "move_number": number, "player": seat, "move_json": json.dumps(take),
              "move_probs": json.dumps([round(share, 6) for share in chances])}
             for number, (seat, take, chances) in enumerate(played.moves)]
    return row, moves


def write(path, games):
    """Writes pairs of rows as in rows_of into one closed file."""
    with publishing(path) as temporary:
        database = sqlite3.connect(temporary)
        try:
            database.executescript("PRAGMA journal_mode = OFF;" + SCHEMA)
            for row, moves in games:
                database.execute(insertion("games", COLUMNS), row)
                database.executemany(insertion("game_moves", MOVE_COLUMNS), moves)
            database.commit()
        finally:
            database.close()


def insertion(table, columns):
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(':' + column for column in columns)})"


def read(path):
    """Returns the completed games of a file by their ids, as pairs of rows as in rows_of."""
    with reading(path):
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            database.row_factory = lambda cursor, values: {item[0]: value for item, value in zip(cursor.description, values)}
            if database.execute("PRAGMA quick_check").fetchone() != {"quick_check": "ok"}:
                raise ValueError("the file is damaged")
            moves = {}
            for move in database.execute(f"SELECT {', '.join(MOVE_COLUMNS)} FROM game_moves ORDER BY game_id, move_number"):
                moves.setdefault(move["game_id"], []).append(move)
            rows = database.execute(f"SELECT {', '.join(COLUMNS)} FROM games WHERE game_status = 'completed' ORDER BY game_id")
            return [(row, moves.get(row["game_id"], [])) for row in rows]
        finally:
            database.close()
