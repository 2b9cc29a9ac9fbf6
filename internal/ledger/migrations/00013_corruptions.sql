-- +goose Up
-- +goose StatementBegin

-- Copies that were proved corrupt, each once a node. genuine is 1 if the bytes were those of the hash: then no other
-- copy is better.
CREATE TABLE corruptions (
    sha256   TEXT   NOT NULL REFERENCES items (sha256) ON DELETE CASCADE,
    node     TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    genuine  BIGINT NOT NULL CHECK (genuine IN (0, 1)),
    found_at BIGINT NOT NULL,
    PRIMARY KEY (sha256, node)
);

-- Why a file is in a cut and goes no further; empty: it does. Its games count as new wherever another file has them, so
-- the files that have a game are looked up by it.
ALTER TABLE game_files ADD COLUMN left_out TEXT NOT NULL DEFAULT '';
CREATE INDEX game_repeats_by_game ON game_repeats (game_id, file_sha256);

-- +goose StatementEnd
