-- +goose Up
-- +goose StatementBegin

-- What the games of a file were played for; builds of before knew no difference. An iteration takes self-play and
-- imports into its cut, and cut_iteration says which one did: a column, so that a file cannot be in two, and so
-- that an index of the few that wait costs the same however many were taken before.
ALTER TABLE game_files ADD COLUMN purpose TEXT NOT NULL DEFAULT 'selfplay'
    CHECK (purpose IN ('selfplay', 'evaluation', 'match', 'import'));
ALTER TABLE game_files ADD COLUMN cut_iteration BIGINT;
CREATE INDEX game_files_uncut ON game_files (config_key, recorded_at, sha256, games)
    WHERE cut_iteration IS NULL AND purpose IN ('selfplay', 'import') AND games > 0;
CREATE INDEX game_files_by_cut ON game_files (config_key, cut_iteration, recorded_at, sha256) WHERE cut_iteration IS NOT NULL;

-- What an iteration was told to do, one row per try. sequence is the order within the iteration, all stages together.
CREATE TABLE stages (
    config_key  TEXT   NOT NULL,
    iteration   BIGINT NOT NULL,
    stage       TEXT   NOT NULL,
    attempt     BIGINT NOT NULL CHECK (attempt > 0),
    sequence    BIGINT NOT NULL,
    state       TEXT   NOT NULL CHECK (state IN ('ordered', 'done', 'failed')),
    instruction TEXT   NOT NULL,
    result      TEXT   NOT NULL,
    waiting     TEXT   NOT NULL,
    error_class TEXT   NOT NULL,
    error       TEXT   NOT NULL,
    ordered_at  BIGINT NOT NULL,
    deadline_at BIGINT,
    updated_at  BIGINT NOT NULL,
    ended_at    BIGINT,
    PRIMARY KEY (config_key, iteration, stage, attempt),
    UNIQUE (config_key, iteration, sequence),
    FOREIGN KEY (config_key, iteration) REFERENCES iterations (config_key, number)
);
CREATE INDEX stages_open ON stages (ordered_at, config_key, iteration, sequence) WHERE state = 'ordered';

-- +goose StatementEnd
