-- +goose Up
-- +goose StatementBegin

-- Evidence for ratings. The id is the hash of what was played, so the same match from two nodes is one row.
CREATE TABLE matches (
    match_id     TEXT   NOT NULL PRIMARY KEY,
    config_key   TEXT   NOT NULL,
    harness      TEXT   NOT NULL,
    participants TEXT   NOT NULL,
    outcomes     TEXT   NOT NULL,
    games        BIGINT NOT NULL CHECK (games > 0),
    source       TEXT   NOT NULL,
    game_id      TEXT   NOT NULL,
    node         TEXT   NOT NULL,
    played_at    BIGINT NOT NULL,
    recorded_at  BIGINT NOT NULL
);
CREATE INDEX matches_by_time ON matches (config_key, harness, played_at, match_id);
CREATE INDEX matches_by_id ON matches (config_key, harness, match_id, games);
CREATE INDEX matches_by_source ON matches (source, played_at, match_id);

CREATE TABLE rating_snapshots (
    config_key   TEXT   NOT NULL,
    harness      TEXT   NOT NULL,
    sequence     BIGINT NOT NULL,
    input_digest TEXT   NOT NULL,
    matches      BIGINT NOT NULL,
    games        BIGINT NOT NULL,
    ratings      TEXT   NOT NULL,
    computed_by  TEXT   NOT NULL,
    computed_at  BIGINT NOT NULL,
    PRIMARY KEY (config_key, harness, sequence),
    UNIQUE (config_key, harness, input_digest)
);

-- +goose StatementEnd
