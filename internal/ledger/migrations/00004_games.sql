-- +goose Up
-- +goose StatementBegin

-- The closed files that games came in.
CREATE TABLE game_files (
    sha256         TEXT   NOT NULL PRIMARY KEY,
    config_key     TEXT   NOT NULL,
    batch_id       TEXT   NOT NULL,
    node           TEXT   NOT NULL,
    games          BIGINT NOT NULL CHECK (games >= 0),
    logical_digest TEXT   NOT NULL,
    recorded_at    BIGINT NOT NULL
);
CREATE INDEX game_files_by_config ON game_files (config_key, recorded_at, sha256);

-- One row per game ever counted. winner is a seat from 1, 0 for a draw, -1 for unknown.
CREATE TABLE games (
    game_id     TEXT   NOT NULL PRIMARY KEY,
    config_key  TEXT   NOT NULL,
    batch_id    TEXT   NOT NULL,
    job_id      TEXT   NOT NULL,
    file_sha256 TEXT   NOT NULL REFERENCES game_files (sha256),
    models      TEXT   NOT NULL,
    node        TEXT   NOT NULL,
    moves       BIGINT NOT NULL CHECK (moves >= 0),
    winner      BIGINT NOT NULL CHECK (winner >= -1),
    finished_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL
);
CREATE INDEX games_by_config ON games (config_key, recorded_at);
CREATE INDEX games_by_batch ON games (batch_id);
CREATE INDEX games_by_file ON games (file_sha256);

-- The sums of games, kept in the transaction that inserts them: counting millions of rows takes seconds.
CREATE TABLE game_totals (
    config_key TEXT   NOT NULL PRIMARY KEY,
    games      BIGINT NOT NULL,
    moves      BIGINT NOT NULL
);

-- +goose StatementEnd
