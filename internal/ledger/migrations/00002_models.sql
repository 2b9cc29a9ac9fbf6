-- +goose Up
-- +goose StatementBegin

-- A model is its content: a row is written once and never changed.
CREATE TABLE models (
    model_id         TEXT   NOT NULL PRIMARY KEY,
    sha256           TEXT   NOT NULL UNIQUE,
    config_key       TEXT   NOT NULL,
    kind             TEXT   NOT NULL,
    bytes            BIGINT NOT NULL CHECK (bytes >= 0),
    parents          TEXT   NOT NULL,
    run_id           TEXT   NOT NULL,
    iteration        BIGINT NOT NULL,
    workload         TEXT   NOT NULL,
    workload_version TEXT   NOT NULL,
    created_at       BIGINT NOT NULL
);
CREATE INDEX models_by_config ON models (config_key, created_at, model_id);
CREATE INDEX models_by_time ON models (created_at, model_id);

CREATE TABLE pointers (
    config_key  TEXT   NOT NULL,
    name        TEXT   NOT NULL CHECK (name IN ('canonical', 'production', 'candidate', 'previous')),
    model_id    TEXT   NOT NULL REFERENCES models (model_id),
    sequence    BIGINT NOT NULL,
    decision_id TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    moved_by    TEXT   NOT NULL,
    moved_at    BIGINT NOT NULL,
    PRIMARY KEY (config_key, name)
);

-- Where each pointer has been, oldest first by sequence.
CREATE TABLE pointer_moves (
    config_key  TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    model_id    TEXT   NOT NULL REFERENCES models (model_id),
    sequence    BIGINT NOT NULL,
    decision_id TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    moved_by    TEXT   NOT NULL,
    moved_at    BIGINT NOT NULL,
    PRIMARY KEY (config_key, name, sequence),
    UNIQUE (config_key, name, decision_id)
);

-- +goose StatementEnd
